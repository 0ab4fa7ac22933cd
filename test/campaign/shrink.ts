import type { Pins } from '../../src/explore/solver.js';
import { type Case, type ProveOptions, proveBatch } from './prove.js';
import { pinsText } from './save-failure.js';
import { simplerSpecs } from './simpler-specs.js';

/** Tries of one shrinking at most: each is a build of seconds. */
const MOST_TRIES = 100;

/** Whether a case fails otherwise than by being refused: a step that makes pins illegal is no step. */
export async function failsToProve(subject: Case, options: ProveOptions): Promise<boolean> {
  const { cases } = await proveBatch([subject], { ...options, lintEvery: 1, corrupt: false });
  return (cases[0]?.failures ?? []).some((line) => !line.startsWith('compile: HeddleError'));
}

/** The same network with one number of one layer's folding, or one width, taken down to one. */
function simplerPins(subject: Case): readonly Case[] {
  const { pins } = subject.sizing;
  if (pins === undefined) return [];
  const withPins = (simpler: Pins): Case => ({ ...subject, sizing: { ...subject.sizing, pins: simpler } });
  const fields = ['lanesOut', 'requantisers', 'taps', 'simd', 'pe'] as const;
  const layers = [...pins.layers].flatMap(([name, folding]) =>
    fields
      .filter((field) => (folding[field] ?? 1) > 1)
      .map((field) => withPins({ ...pins, layers: new Map(pins.layers).set(name, { ...folding, [field]: 1 }) })),
  );
  return (pins.inputLanes ?? 1) > 1 ? [withPins({ ...pins, inputLanes: 1 }), ...layers] : layers;
}

/** All cases a step simpler than this one; those that are no networks are left out. */
function simplerCases(subject: Case): readonly (() => Case | undefined)[] {
  const { spec, remake } = subject;
  const specs = spec === undefined || remake === undefined ? [] : simplerSpecs(spec);
  return [
    ...specs.map((simpler) => () => safely(() => remake?.(simpler))),
    ...simplerPins(subject).map((simpler) => () => simpler),
  ];
}

/** A small case for which `fails` still holds, from one for which it does. */
export async function shrinkFailure(failing: Case, fails: (subject: Case) => Promise<boolean>): Promise<Case> {
  let best = failing;
  /** Cases that were tried: after a step many of the next ones are the same as before. */
  const known = new Set<string>();
  for (let tries = 0, improved = true; improved && tries < MOST_TRIES; ) {
    improved = false;
    for (const make of simplerCases(best)) {
      const simpler = make();
      if (simpler === undefined || known.has(caseText(simpler))) continue;
      known.add(caseText(simpler));
      if (++tries > MOST_TRIES) break;
      if (!(await fails(simpler))) continue;
      best = simpler;
      improved = true;
      break;
    }
  }
  return best;
}

function caseText({ spec, sizing, graph }: Case): string {
  return JSON.stringify([spec ?? graph.name, { ...sizing, pins: pinsText(sizing.pins) }]);
}

function safely<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
