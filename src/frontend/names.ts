/** Names of tensors in the graph, from those of the file: legal, not too long and unique. */

/** Leaves room for suffixes within the graph's limit of 200. */
const LONGEST = 160;

/** Gives each name once. */
export interface Namer {
  /** The name, or with `.2`, `.3` ... behind it where it is taken. */
  readonly unique: (name: string) => string;
}

export function makeNamer(): Namer {
  const taken = new Set<string>();
  const next = new Map<string, number>();
  return {
    unique: (name) => {
      let result = name;
      let count = next.get(name) ?? 2;
      while (taken.has(result)) result = `${name}.${count++}`;
      next.set(name, count);
      taken.add(result);
      return result;
    },
  };
}

/**
 * A name of the file without control characters. Converters join the names of all nodes that they fused with
 * semicolons; where that is too long, the first one stands for them.
 */
export function legalName(name: string, fallback: string): string {
  const clean = name.replaceAll(/[\p{Cc}\p{Cs}]/gu, '_');
  if (clean === '') return fallback;
  if (clean.length <= LONGEST) return clean;
  const first = clean.split(';', 1)[0] ?? '';
  return [...(first === '' ? clean : first)].slice(0, LONGEST).join('');
}
