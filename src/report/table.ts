/** Plain text tables for people. Figures stand to the right, words to the left. */

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

export function left(title: string): Column {
  return { title, align: 'left' };
}

export function right(title: string): Column {
  return { title, align: 'right' };
}

type Rows = readonly (readonly string[])[];

function widthsOf(columns: readonly Column[], rows: Rows): readonly number[] {
  return columns.map((column, i) =>
    rows.reduce((most, row) => Math.max(most, (row[i] ?? '').length), column.title.length),
  );
}

function padded(text: string, column: Column, width: number): string {
  return column.align === 'left' ? text.padEnd(width) : text.padStart(width);
}

/** Lines of a table, its titles first. */
export function textTable(columns: readonly Column[], rows: Rows): readonly string[] {
  const widths = widthsOf(columns, rows);
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, i) => padded(cells[i] ?? '', column, widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...rows.map(line)];
}

/** The same as Markdown. */
export function markdownTable(columns: readonly Column[], rows: Rows): readonly string[] {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [
    line(columns.map((column) => column.title)),
    line(columns.map((column) => (column.align === 'left' ? ':---' : '---:'))),
    ...rows.map((row) => line(columns.map((_, i) => row[i] ?? ''))),
  ];
}

/** `12,345`; `-` where there is no figure. */
export function count(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value)
    ? '-'
    : value.toLocaleString('en-US', { maximumFractionDigits: 1 });
}

/** `93.4 %`; `-` where there is no figure. */
export function percent(share: number | undefined, digits = 1): string {
  return share === undefined || !Number.isFinite(share) ? '-' : `${(100 * share).toFixed(digits)} %`;
}

/** Three significant digits: `0.0123`, `4.56`, `12,300`. */
export function significant(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '-';
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);
}

/** Some exporters join names to ones of hundreds of characters. */
const NAME_LENGTH = 44;

/** A name that leaves room for the rest of its row. */
export function shortened(name: string): string {
  return name.length <= NAME_LENGTH ? name : `${name.slice(0, NAME_LENGTH - 1)}…`;
}
