/** Small helpers for messages. */

/** A name as a message shows it: control characters, which could move a terminal's cursor, as escapes. */
export function printable(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Cs}]/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** `1 value`, `3 values`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Levenshtein distance in characters, with a swap of neighbours counted as one edit. */
export function editDistance(a: string, b: string): number {
  const width = b.length + 1;
  const cost = Int32Array.from({ length: (a.length + 1) * width }, (_, at) => (at < width ? at : 0));
  const costOf = (i: number, j: number): number => cost[i * width + j] as number;
  for (let i = 1; i <= a.length; i++) {
    cost[i * width] = i;
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(costOf(i - 1, j) + 1, costOf(i, j - 1) + 1, costOf(i - 1, j - 1) + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, costOf(i - 2, j - 2) + 1);
      cost[i * width + j] = best;
    }
  }
  return costOf(a.length, b.length);
}

/** Longer names are not compared: the cost is quadratic, and nobody misspells 200 characters. */
const LONGEST_COMPARED = 64;

/** The candidate that a misspelt word most likely meant, or undefined where none is near. The first of equals wins. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_ ]/g, '');
  const limit = Math.max(word.length > 2 ? 1 : 0, Math.floor(word.length / 3));
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of candidates) {
    if (Math.abs(name.length - word.length) > limit + 2 || Math.max(name.length, word.length) > LONGEST_COMPARED)
      continue;
    const distance = editDistance(plain(word), plain(name));
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { name, distance };
  }
  return best?.name;
}

/** `did you mean 'conv'?`, or an empty string. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const name = nearest(word, candidates);
  return name === undefined ? '' : `did you mean '${name}'?`;
}

/** What suggestions for the words of one file may cost, in names that are compared: well below a second. */
const MOST_COMPARED = 20_000;

/** Suggestions as of didYouMean for many words; empty ones where a file has so many of them that nobody misspelt them. */
export type Suggester = (word: string, candidates: () => Iterable<string>) => string;

export function makeSuggester(): Suggester {
  let left = MOST_COMPARED;
  return (word, candidates) => {
    if (left <= 0) return '';
    const names = [...candidates()];
    left -= names.length;
    return didYouMean(word, names);
  };
}
