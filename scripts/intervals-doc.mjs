// The table of docs/intervals.md: rows are replaced by name, others stay. Plain Node without dependencies.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PATH = fileURLToPath(new URL('../docs/intervals.md', import.meta.url));

const TEXT = `# Cycles a frame, predicted and measured

Networks of the zoo on seeded frames, with the default sizing: what the token-level model says of interval and latency in clocks, and what
the RTL takes in Verilator with a source and a sink that never pause. Interval: between the last output beats of frames, as the mean over as many as are inside at once.
Latency: from the first input beat to the last output beat of the first frame. Every stream between two engines is compared with the
golden model, element by element. \`npm run zoo-rtl -- NAME --write\` writes a row anew.

`;

const cellsOf = (line) => line.slice(2, -2).split(' | ');

/** Puts rows, whose first cell is a network's name, into the table, in the order of `names` and then by size. */
export function writeIntervals(titles, rows, names) {
  const lines = existsSync(PATH) ? readFileSync(PATH, 'utf8').split('\n') : [];
  const old = lines.filter((line) => line.startsWith('| zoo:')).map(cellsOf);
  const all = new Map([...old, ...rows].map((cells) => [cells[0], cells]));
  const placeOf = ([model]) => names.indexOf(model.slice('zoo:'.length).split(',')[0]);
  const sorted = [...all.values()].sort((a, b) => placeOf(a) - placeOf(b) || a[0].localeCompare(b[0]));
  const table = [titles, titles.map((_, i) => (i < 2 ? ':---' : '---:')), ...sorted].map(
    (cells) => `| ${cells.join(' | ')} |\n`,
  );
  writeFileSync(PATH, TEXT + table.join(''));
}
