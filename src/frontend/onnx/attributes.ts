import { didYouMean, printable } from '../../support/text.js';
import { badAttribute, missingAttribute, type NodeSpot, unknownAttribute } from './messages.js';
import type { AttributeProto, TensorProto } from './model-proto.js';

/** How an attribute is read, and what stands for it where it is left out. */
export interface AttributeSpec<T> {
  readonly wanted: string;
  /** The value, or undefined where the attribute is of another kind or out of range. */
  readonly read: (attribute: AttributeProto) => T | undefined;
  readonly fallback: T;
  readonly required: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: a table of specs of any value type
export type AttributeSpecs = Readonly<Record<string, AttributeSpec<any>>>;

/** The values of a table of specs, by name. */
export type AttributeValues<S extends AttributeSpecs> = {
  readonly [K in keyof S]: S[K] extends AttributeSpec<infer T> ? T : never;
};

/** Kinds in files (AttributeProto.AttributeType). A file of IR version 1 leaves the kind out, as 0. */
const KIND = { float: 1, int: 2, string: 3, tensor: 4, floats: 6, ints: 7, strings: 8 } as const;

/**
 * Writers of the protobuf 3 kind leave out values of 0, so the kind decides and not what is set. Where the kind is
 * missing too, what is set does.
 */
function isKind(attribute: AttributeProto, kind: keyof typeof KIND): boolean {
  if (attribute.unread) return false;
  if (attribute.type !== 0n) return attribute.type === BigInt(KIND[kind]);
  return kindOfSet(attribute) === kind;
}

/** The kind of the one field that is set; an empty list cannot be told from nothing at all. */
function kindOfSet(attribute: AttributeProto): keyof typeof KIND | undefined {
  if (attribute.f !== undefined) return 'float';
  if (attribute.i !== undefined) return 'int';
  if (attribute.s !== undefined) return 'string';
  if (attribute.t !== undefined) return 'tensor';
  if (attribute.floats.length > 0) return 'floats';
  return attribute.strings.length > 0 ? 'strings' : 'ints';
}

function spec<T>(wanted: string, read: (attribute: AttributeProto) => T | undefined): AttributeSpec<T | undefined> {
  return { wanted, read, fallback: undefined, required: false };
}

/** The spec with a value for where the attribute is left out. */
function withDefault<T>(base: AttributeSpec<T | undefined>, fallback: T): AttributeSpec<T> {
  return { ...(base as AttributeSpec<T>), fallback };
}

/** The attribute must be there. */
export function required<T>(base: AttributeSpec<T | undefined>): AttributeSpec<T> {
  return { ...(base as AttributeSpec<T>), required: true };
}

const INTEGER = spec('an integer', (attribute) => (isKind(attribute, 'int') ? Number(attribute.i ?? 0n) : undefined));
const REAL = spec('a real number', (attribute) => (isKind(attribute, 'float') ? (attribute.f ?? 0) : undefined));
const INTEGERS = spec('a list of integers', (attribute): readonly number[] | undefined =>
  isKind(attribute, 'ints') ? attribute.ints.map(Number) : undefined,
);

/** An integer, or undefined where it is left out. */
export function optionalInteger(): AttributeSpec<number | undefined> {
  return INTEGER;
}

export function integer(fallback: number): AttributeSpec<number> {
  return withDefault(INTEGER, fallback);
}

export function optionalReal(): AttributeSpec<number | undefined> {
  return REAL;
}

/** A real number of single precision; so is the value that stands for it. */
export function real(fallback: number): AttributeSpec<number> {
  return withDefault(REAL, Math.fround(fallback));
}

export function optionalIntegers(): AttributeSpec<readonly number[] | undefined> {
  return INTEGERS;
}

/** 0 or 1. */
export function flag(fallback: boolean): AttributeSpec<boolean> {
  const read = (attribute: AttributeProto): boolean | undefined => {
    const value = INTEGER.read(attribute);
    return value === 0 || value === 1 ? value === 1 : undefined;
  };
  return withDefault(spec('0 or 1', read), fallback);
}

/** One of the given words. */
export function word<W extends string>(words: readonly W[], fallback: W): AttributeSpec<W> {
  const read = (attribute: AttributeProto): W | undefined => {
    const value = isKind(attribute, 'string') ? textOf(attribute.s) : undefined;
    return words.find((candidate) => candidate === value);
  };
  return withDefault(
    spec(words.length === 1 ? `'${words[0]}'` : `one of ${words.map((w) => `'${w}'`).join(', ')}`, read),
    fallback,
  );
}

export function optionalTensor(): AttributeSpec<TensorProto | undefined> {
  return spec('a tensor', (attribute) => (isKind(attribute, 'tensor') ? attribute.t : undefined));
}

export function optionalBigInteger(): AttributeSpec<bigint | undefined> {
  return spec('an integer', (attribute) => (isKind(attribute, 'int') ? (attribute.i ?? 0n) : undefined));
}

export function optionalBigIntegers(): AttributeSpec<readonly bigint[] | undefined> {
  return spec('a list of integers', (attribute) => (isKind(attribute, 'ints') ? attribute.ints : undefined));
}

export function optionalReals(): AttributeSpec<readonly number[] | undefined> {
  return spec('a list of real numbers', (attribute) => (isKind(attribute, 'floats') ? attribute.floats : undefined));
}

function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : new TextDecoder().decode(bytes);
}

/** The attributes' values by name, and all that is wrong with them. */
export function readAttributes(
  attributes: readonly AttributeProto[],
  specs: AttributeSpecs,
  spot: NodeSpot,
  opset: number,
): { readonly values: Readonly<Record<string, unknown>>; readonly problems: ReturnType<typeof badAttribute>[] } {
  const problems: ReturnType<typeof badAttribute>[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { fallback, required: isRequired }] of Object.entries(specs)) {
    values[name] = fallback;
    if (isRequired && !attributes.some((attribute) => attribute.name === name)) {
      problems.push(missingAttribute(spot, name));
    }
  }
  const seen = new Set<string>();
  for (const attribute of attributes) {
    const { name } = attribute;
    if (seen.has(name)) problems.push(badAttribute(spot, name, 'listed twice', 'listed once'));
    seen.add(name);
    if (!Object.hasOwn(specs, name)) {
      problems.push(unknownAttribute(spot, name, opset, didYouMean(name, Object.keys(specs))));
      continue;
    }
    const known = specs[name];
    const value = attribute.refAttrName === '' ? known?.read(attribute) : undefined;
    if (value === undefined) problems.push(badAttribute(spot, name, shown(attribute), known?.wanted ?? ''));
    else values[name] = value;
  }
  return { values, problems };
}

const LONGEST_LIST = 8;

/** An attribute's value for messages. */
function shown(attribute: AttributeProto): string {
  const list = (values: readonly unknown[]): string =>
    `[${values.slice(0, LONGEST_LIST).join(', ')}${values.length > LONGEST_LIST ? ', ...' : ''}]`;
  if (attribute.refAttrName !== '') return `a reference to '${printable(attribute.refAttrName)}'`;
  if (isKind(attribute, 'int')) return `${attribute.i ?? 0n}`;
  if (isKind(attribute, 'float')) return `the real number ${attribute.f ?? 0}`;
  if (isKind(attribute, 'string')) return `'${printable(textOf(attribute.s)).slice(0, 64)}'`;
  if (isKind(attribute, 'tensor')) return 'a tensor';
  if (isKind(attribute, 'ints')) return list(attribute.ints);
  if (isKind(attribute, 'floats')) return `${list(attribute.floats)} of real numbers`;
  if (isKind(attribute, 'strings')) return `a list of ${attribute.strings.length} strings`;
  return 'of a kind that is not read';
}
