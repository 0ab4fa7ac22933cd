import type { Command } from 'commander';
import { DEFAULT_CLOCK_MHZ, type SizingRequest } from '../explore/choose.js';
import { targetOfId } from '../explore/explore.js';
import { loadFoldingFile } from '../explore/folding-file.js';
import { unknownDesign } from '../explore/messages.js';
import { type DiagnosticCollector, HeddleError } from '../support/diagnostics.js';
import { badOptionValue, conflictingOptions, notModelledBudget } from './messages.js';
import { readInteger, readPositive } from './options.js';

/** The options that say how large and how fast a design is to be. */
export interface SizingFlags {
  readonly targetFps?: string;
  readonly clock?: string;
  readonly budget?: string;
  readonly folding?: string;
  readonly design?: string;
}

export function addSizingOptions(command: Command): Command {
  return command
    .option('--target-fps <F>', 'the smallest design that reaches so many frames a second at the clock')
    .option('--budget <multipliers=N>', 'the fastest design within so many multipliers')
    .option('--design <iN>', 'the design of this id in the table of heddle explore')
    .option('--folding <file>', 'JSON file that pins the parallelism of layers')
    .option('--clock <MHz>', `clock for all figures in frames a second (default ${DEFAULT_CLOCK_MHZ})`);
}

/** The request that the options make. Problems are collected; those of the folding file too. */
export function readSizing(problems: DiagnosticCollector, flags: SizingFlags): SizingRequest {
  const targets = [
    ['--target-fps', flags.targetFps],
    ['--budget', flags.budget],
    ['--design', flags.design],
  ].flatMap(([option = '', value]) => (value === undefined ? [] : [option]));
  if (targets.length > 1)
    problems.add(conflictingOptions(targets, 'each asks for a design of its own', 'give one of them'));
  const targetFps = readPositive(problems, '--target-fps', flags.targetFps);
  const multiplierBudget = readBudget(problems, flags.budget);
  const targetCycles = readDesign(problems, flags.design);
  return {
    clockMHz: readPositive(problems, '--clock', flags.clock) ?? DEFAULT_CLOCK_MHZ,
    ...(targetFps === undefined ? {} : { targetFps }),
    ...(multiplierBudget === undefined ? {} : { multiplierBudget }),
    ...(targetCycles === undefined ? {} : { targetCycles }),
    ...readPins(problems, flags.folding),
  };
}

/** `multipliers=1024`; the keys of parts that no estimate exists for are refused by name. */
function readBudget(problems: DiagnosticCollector, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  let budget: number | undefined;
  for (const part of text.split(',')) {
    const [key = '', value] = part.split('=').map((word) => word.trim());
    if (value === undefined || key === '') problems.add(badOptionValue('--budget', part, 'multipliers=N'));
    else if (key === 'multipliers' && budget === undefined) budget = readInteger(problems, '--budget', value, 1);
    else if (key === 'multipliers') problems.add(badOptionValue('--budget', text, 'multipliers=N, once'));
    else problems.add(notModelledBudget(key));
  }
  return budget;
}

function readDesign(problems: DiagnosticCollector, id: string | undefined): number | undefined {
  if (id === undefined) return undefined;
  const target = targetOfId(id);
  if (target === undefined) problems.add(unknownDesign(id));
  return target;
}

export function readPins(
  problems: DiagnosticCollector,
  file: string | undefined,
): Pick<SizingRequest, 'pins' | 'pinPlace'> {
  if (file === undefined) return {};
  try {
    const { pins, placeOf } = loadFoldingFile(file);
    return { pins, pinPlace: placeOf };
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    problems.add(...error.diagnostics);
    return {};
  }
}
