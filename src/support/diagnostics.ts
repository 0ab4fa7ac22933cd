/** Diagnostics are data: a message is built in messages.ts, collected here, and only the CLI prints it. */

export type Severity = 'error' | 'warning';

/** Where in a user's file the cause stands. `line` and `column` count from 1. */
export interface FilePlace {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** JSON pointer, or the name of a section of a binary file. */
  readonly pointer?: string;
}

export interface Diagnostic {
  /** `E1xx` support and files, `E2xx` front ends, `E3xx` graph and passes, `E4xx` hardware; warnings `W...` alike. */
  readonly code: string;
  /** Stable kebab-case name of the same thing, for people: `unsupported-op`. */
  readonly alias: string;
  readonly severity: Severity;
  /** What the message is about: `node 'conv1'`, `tensor 'x'`, `option --clock`. */
  readonly subject?: string;
  readonly place?: FilePlace;
  /** The reason, a full sentence without the subject. */
  readonly text: string;
  /** What to do about it. */
  readonly hint: string;
}

/** Thrown when the user's input cannot be used; carries every independent problem found. Exit status 2. */
export class HeddleError extends Error {
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(formatDiagnostic).join('\n'));
    this.name = 'HeddleError';
    this.diagnostics = diagnostics;
  }
}

/** Thrown when a tool that Heddle runs (Verilator, g++, make) is missing or too old. Exit status 3. */
export class MissingToolError extends HeddleError {
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics);
    this.name = 'MissingToolError';
  }
}

/** Thrown when what was asked for is legal but out of reach: no design meets the target. Exit status 1. */
export class TargetMissedError extends HeddleError {
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics);
    this.name = 'TargetMissedError';
  }
}

/** Collects diagnostics so that independent problems are reported together. Passed in, never global. */
export class DiagnosticCollector {
  readonly #items: Diagnostic[] = [];

  add(...items: readonly Diagnostic[]): void {
    this.addAll(items);
  }

  /** As `add`, for lists of any length: those of arguments are limited. */
  addAll(items: Iterable<Diagnostic>): void {
    for (const item of items) this.#items.push(item);
  }

  get all(): readonly Diagnostic[] {
    return this.#items;
  }

  get hasErrors(): boolean {
    return this.#items.some((d) => d.severity === 'error');
  }

  /** Throws a HeddleError with all errors when there is at least one. */
  throwIfErrors(): void {
    const errors = this.#items.filter((d) => d.severity === 'error');
    if (errors.length > 0) throw new HeddleError(errors);
  }
}

function formatPlace(place: FilePlace): string {
  const line = place.line === undefined ? '' : `:${place.line}${place.column === undefined ? '' : `:${place.column}`}`;
  return `${place.file}${line}${place.pointer === undefined || place.pointer === '' ? '' : ` (${place.pointer})`}`;
}

/** The text form of one diagnostic: `error E201 bad-json: file:3:4: node 'x': reason` and the hint on a second line. */
export function formatDiagnostic(d: Diagnostic): string {
  const place = d.place === undefined ? '' : `${formatPlace(d.place)}: `;
  const subject = d.subject === undefined ? '' : `${d.subject}: `;
  return `${d.severity} ${d.code} ${d.alias}: ${place}${subject}${d.text}\n  fix: ${d.hint}`;
}
