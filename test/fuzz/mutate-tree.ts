import type { Random } from '../campaign/random.js';

/** Damage to a description of a model as objects and lists: what is written from it is well-formed, and means nonsense. */

type Holder = Record<string, unknown>;

interface Place {
  readonly holder: Holder;
  readonly key: string;
}

function isHolder(value: unknown): value is Holder {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
}

/** Every place below the root, as a container and a key. */
function placesOf(root: unknown): readonly Place[] {
  const places: Place[] = [];
  const visit = (value: unknown): void => {
    if (!isHolder(value)) return;
    for (const key of Object.keys(value)) {
      places.push({ holder: value, key });
      visit(value[key]);
    }
  };
  visit(root);
  return places;
}

export interface TreeWords {
  /** What values are replaced with. */
  readonly evil: readonly unknown[];
  /** Most copies that a list's entry is repeated to. */
  readonly mostCopies: number;
}

function put(holder: Holder, key: string, value: unknown): void {
  // As JSON.parse does it: `__proto__` is an ordinary key.
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

/** A typed array of another length, or of other values. */
function evilArray(data: ArrayBufferView, random: Random): unknown {
  const array = data as Float32Array;
  const make = array.constructor as new (length: number) => Float32Array;
  const result = new make(random.pick([0, 1, array.length >> 1, array.length, array.length, array.length + 1]));
  const isBig = (array as unknown) instanceof BigInt64Array;
  const values = random.pick([[0], [-1], [2 ** 31 - 1], [2 ** 40], [Number.NaN], [1, -1, 127, 255, 1e30]]);
  for (let i = 0; i < result.length; i++) {
    const value = random.chance(0.7) ? (array[i] ?? 0) : (values[i % values.length] ?? 0);
    result[i] = isBig
      ? (BigInt(Number.isFinite(Number(value)) ? Number(value) : 0) as unknown as number)
      : Number(value);
  }
  return result;
}

function replace({ holder, key }: Place, random: Random, { evil }: TreeWords): void {
  const old = holder[key];
  const alike = evil.filter((value) => typeof value === typeof old && Array.isArray(value) === Array.isArray(old));
  const others = alike.length > 0 && random.chance(0.8) ? alike : evil;
  const isData = ArrayBuffer.isView(old) && random.chance(0.8);
  // A little off gives files that are still accepted more often.
  if (typeof old === 'number' && random.chance(0.5)) {
    put(holder, key, random.pick([old + 1, old - 1, old * 2, old / 2, -old, 1 - old]));
    return;
  }
  put(holder, key, isData ? evilArray(old, random) : structuredClone(random.pick(others)));
}

function remove({ holder, key }: Place): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
}

/** Another place, rather of the same key or beside it: names go to names, and shapes to shapes. */
function otherPlace(place: Place, all: readonly Place[], random: Random): Place {
  const kind = typeof place.holder[place.key];
  const same = all.filter(
    (other) =>
      typeof other.holder[other.key] === kind &&
      (other.key === place.key || (Array.isArray(place.holder) && Array.isArray(other.holder))),
  );
  return random.pick(same.length > 1 && random.chance(0.8) ? same : all);
}

function editOnce(root: unknown, random: Random, words: TreeWords): void {
  const all = placesOf(root);
  if (all.length === 0) return;
  const place = random.pick(all);
  const { holder, key } = place;
  const other = otherPlace(place, all, random);
  const roll = random.next();
  if (roll < 0.35) replace(place, random, words);
  else if (roll < 0.45) remove(place);
  else if (roll < 0.65) put(holder, key, structuredClone(other.holder[other.key]));
  else if (roll < 0.8) {
    const own = structuredClone(holder[key]);
    put(holder, key, structuredClone(other.holder[other.key]));
    put(other.holder, other.key, own);
  } else if (roll < 0.86 && !Array.isArray(holder)) {
    put(holder, other.key, holder[key]);
    delete holder[key];
  } else repeat(random.pick(all.filter((one) => Array.isArray(one.holder))), random, words);
}

/** An entry of a list several times, or very often. */
function repeat(place: Place | undefined, random: Random, { mostCopies }: TreeWords): void {
  if (place === undefined || !Array.isArray(place.holder) || place.holder.length > 64) return;
  const { holder, key } = place;
  const times = random.chance(0.15) ? random.integer(1, mostCopies) : random.integer(1, 3);
  for (let n = 0; n < times; n++) holder.splice(Number(key), 0, structuredClone(holder[Number(key)]));
}

/** A copy of the tree with one to three edits. */
export function mutateTree<T>(tree: T, random: Random, words: TreeWords): T {
  const holder = { root: structuredClone(tree) };
  for (let n = random.pick([1, 1, 1, 2, 3]); n > 0; n--) editOnce(holder.root, random, words);
  return holder.root;
}
