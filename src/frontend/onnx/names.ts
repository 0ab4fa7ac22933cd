/** Names that the graph accepts: printable, at most 200 characters, each given once. */

const LONGEST_NAME = 200;

/** Hands out names that are as near to the wanted ones as being unique allows. */
export class UniqueNames {
  readonly #used = new Set<string>();

  take(wanted: string): string {
    const legal = legalName(wanted);
    let name = legal;
    for (let count = 2; this.#used.has(name); count++) name = `${legal.slice(0, LONGEST_NAME - 8)}_${count}`;
    this.#used.add(name);
    return name;
  }
}

/** Some exporters put whole call stacks into names: of those that are too long the end is kept, which tells most. */
export function legalName(name: string): string {
  const printed = name.replaceAll(/[\p{Cc}\p{Cs}]/gu, '_');
  const characters = [...printed];
  if (characters.length === 0) return 'unnamed';
  return characters.length <= LONGEST_NAME ? printed : characters.slice(-LONGEST_NAME + 8).join('');
}
