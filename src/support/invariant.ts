/** A broken invariant is a bug of the compiler, never the user's fault. Exit status 70. */
export class InternalError extends Error {
  constructor(message: string) {
    super(`internal error: ${message} (this is a bug in Heddle; please report it with the model)`);
    this.name = 'InternalError';
  }
}

export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InternalError(message);
}

/** The value, which the caller knows to be there. */
export function defined<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new InternalError(`${what} is missing`);
  return value;
}

/** Makes `tsc` refuse a switch that forgets a kind. */
export function assertNever(value: never): never {
  throw new InternalError(`unexpected ${JSON.stringify(value)}`);
}
