import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import type { TopContext } from './top.js';

const TEMPLATES = new URL('../../templates/', import.meta.url);

/** Width of the range column in a port list. */
const RANGE_COLUMN = 9;

/**
 * Strict rendering: no HTML escapes, a missing name throws, and so does a helper that is not one of these. Templates
 * only wire; what they print is decided in the contexts.
 */
const engine = Handlebars.create();
const HELPERS: Readonly<Record<string, (value: unknown) => string>> = {
  range: (bits) => `[${Number(bits) - 1}:0]`.padEnd(RANGE_COLUMN),
  pad: () => ' '.repeat(RANGE_COLUMN),
};
for (const [name, helper] of Object.entries(HELPERS)) engine.registerHelper(name, helper);

const OPTIONS = {
  noEscape: true,
  strict: true,
  knownHelpersOnly: true,
  knownHelpers: Object.fromEntries(Object.keys(HELPERS).map((name) => [name, true])),
};

/** The Verilog of the top module. */
export function renderTop(context: TopContext): string {
  const template = engine.compile<TopContext>(readFileSync(new URL('top.v.hbs', TEMPLATES), 'utf8'), OPTIONS);
  return template(context);
}
