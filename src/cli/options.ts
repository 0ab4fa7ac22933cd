import { type DiagnosticCollector, HeddleError, MissingToolError } from '../support/diagnostics.js';
import { badOptionValue } from './messages.js';

/** Values of options, from text. A wrong one is collected, so that all are reported together. */

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function parseNumber(text: string): number {
  return NUMBER.test(text) ? Number(text) : Number.NaN;
}

/** A whole number of least..most; undefined where the option is not given, or wrong. */
export function readInteger(
  problems: DiagnosticCollector,
  option: string,
  text: string | undefined,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number | undefined {
  if (text === undefined) return undefined;
  const value = parseNumber(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const wanted =
    most === Number.MAX_SAFE_INTEGER ? `a whole number of ${least} or more` : `a whole number of ${least} to ${most}`;
  problems.add(badOptionValue(option, text, wanted));
  return undefined;
}

/** A number for which `isLegal` holds. */
export function readNumber(
  problems: DiagnosticCollector,
  option: string,
  text: string | undefined,
  isLegal: (value: number) => boolean,
  wanted: string,
): number | undefined {
  if (text === undefined) return undefined;
  const value = parseNumber(text);
  if (Number.isFinite(value) && isLegal(value)) return value;
  problems.add(badOptionValue(option, text, wanted));
  return undefined;
}

export function readPositive(
  problems: DiagnosticCollector,
  option: string,
  text: string | undefined,
): number | undefined {
  return readNumber(problems, option, text, (value) => value > 0, 'a number above 0');
}

/** Numbers with commas between them. */
export function readList(
  problems: DiagnosticCollector,
  option: string,
  text: string | undefined,
  isLegal: (value: number) => boolean,
  wanted: string,
): readonly number[] | undefined {
  if (text === undefined) return undefined;
  const values = text.split(',').map((part) => parseNumber(part.trim()));
  if (values.every((value) => Number.isFinite(value) && isLegal(value))) return values;
  problems.add(badOptionValue(option, text, wanted));
  return undefined;
}

/** One of a few words. */
export function readChoice<T extends string>(
  problems: DiagnosticCollector,
  option: string,
  text: string | undefined,
  choices: readonly T[],
): T | undefined {
  if (text === undefined) return undefined;
  const found = choices.find((choice) => choice === text);
  if (found === undefined) problems.add(badOptionValue(option, text, choices.join(' or ')));
  return found;
}

/** Options that may be given several times. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** The result of an action; undefined where it ended in problems, which are collected. */
export async function collectProblems<T>(
  problems: DiagnosticCollector,
  action: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof HeddleError) || error instanceof MissingToolError) throw error;
    problems.add(...error.diagnostics);
    return undefined;
  }
}
