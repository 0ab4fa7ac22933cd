/** JSON documents: what is undefined, NaN or infinite is written as null, so that every field is always there. */
export function writeDocument(document: object): string {
  return `${JSON.stringify(document, (_key, value: unknown) => (value === undefined ? null : value), 2)}\n`;
}
