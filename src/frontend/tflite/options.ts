import type { Diagnostic } from '../../support/diagnostics.js';
import type { FlatTable } from './flatbuffer.js';
import { type Spot, unsupportedOption, wrongOptions } from './messages.js';
import type { FileOperator } from './model.js';
import { tensorTypeName } from './schema.js';

/** An operator's table of options: its fields in the order of the schema, each with its type and default. */

/** Reads one field; undefined where its value has no meaning in the schema. */
export interface OptionField<T> {
  readonly read: (table: FlatTable | undefined, field: number, name: string) => T | undefined;
  /** What it may be, for messages. */
  readonly wanted: string;
}

export type OptionFields = Readonly<Record<string, OptionField<unknown>>>;

/** The values of a table of options by the names of its fields. */
export type Options<F extends OptionFields> = {
  readonly [K in keyof F]: F[K] extends OptionField<infer T> ? T : never;
};

export interface OptionTable<F extends OptionFields> {
  /** The schema's name of the table; NONE where an operator has none. */
  readonly name: string;
  readonly fields: F;
  /** Whether a file may leave the table out, all options having their defaults. */
  readonly isOptional: boolean;
}

export function whole(fallback = 0): OptionField<number> {
  return { read: (table, field) => table?.int32(field, fallback) ?? fallback, wanted: 'a whole number' };
}

export function real(): OptionField<number> {
  const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);
  return { read: (table, field) => finite(table?.float32(field) ?? 0), wanted: 'a finite number' };
}

export function flag(fallback = false): OptionField<boolean> {
  const number = fallback ? 1 : 0;
  return { read: (table, field) => (table?.uint8(field, number) ?? number) !== 0, wanted: 'a truth value' };
}

export function wholes(): OptionField<readonly number[]> {
  return { read: (table, field, name) => table?.ints(field, name) ?? [], wanted: 'whole numbers' };
}

/** An enumeration; the first name is the default. */
export function choice<const N extends readonly string[]>(names: N): OptionField<N[number]> {
  return { read: (table, field) => names[table?.int8(field) ?? 0], wanted: names.join(', ') };
}

/** An element type by name, FLOAT32 where it is not given. */
export function elementType(): OptionField<string> {
  return { read: (table, field) => tensorTypeName(table?.int8(field) ?? 0), wanted: 'an element type' };
}

/** A table that a file must have, since its defaults make no sense. */
export function required<F extends OptionFields>(name: string, fields: F): OptionTable<F> {
  return { name, fields, isOptional: false };
}

export function optional<F extends OptionFields>(name: string, fields: F): OptionTable<F> {
  return { name, fields, isOptional: true };
}

export const NO_OPTIONS: OptionTable<Record<never, never>> = optional('NONE', {});

const DAMAGED = 'the file is damaged, or of a newer schema; convert the model again';

/** All of an operator's options, and all that is wrong with them. Values are complete where there is no problem. */
export function readOptions<F extends OptionFields>(
  spot: Spot,
  operator: FileOperator,
  { name: wanted, fields, isOptional }: OptionTable<F>,
): { readonly values: Options<F>; readonly problems: readonly Diagnostic[] } {
  const table = operator.options;
  const problems = operator.extras.map((extra) =>
    unsupportedOption(spot, extra, 'is set, which no builtin operator here has a use for', DAMAGED),
  );
  const values: Record<string, unknown> = {};
  const isMissing = table === undefined && !isOptional;
  if (isMissing || (operator.optionsName !== 'NONE' && operator.optionsName !== wanted)) {
    return { values: values as Options<F>, problems: [...problems, wrongOptions(spot, operator.optionsName, wanted)] };
  }
  Object.entries(fields).forEach(([name, field], index) => {
    values[name] = field.read(table, index, name);
    if (values[name] !== undefined) return;
    problems.push(unsupportedOption(spot, name, `has a value that is none of: ${field.wanted}`, DAMAGED));
  });
  const known = Object.keys(fields).length;
  for (const field of table?.presentFields() ?? []) {
    if (field >= known) problems.push(unsupportedOption(spot, `field ${field}`, 'is of a newer schema', DAMAGED));
  }
  return { values: values as Options<F>, problems };
}
