import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { type Diagnostic, type FilePlace, HeddleError } from './diagnostics.js';
import { badJson, duplicateKey, jsonTooDeep, notUtf8 } from './messages.js';
import { printable } from './text.js';

/** A JSON document with the place of each of its values. */
export interface JsonText {
  readonly value: unknown;
  /** The line and column of the value that a path leads to, or of its nearest enclosing one. */
  readonly placeOf: (path: JsonPath) => FilePlace;
  /** The line and column of a property's key. */
  readonly placeOfKey: (path: JsonPath) => FilePlace;
}

export type JsonPath = readonly (string | number)[];

const DEEPEST = 64;

/** Parses strict JSON and refuses duplicate keys. `file` names the text in messages. */
export function parseJsonText(text: string, file: string): JsonText {
  const source = text.startsWith('\ufeff') ? text.slice(1) : text;
  const lineStarts = startsOfLines(source);
  const placeAt = (offset: number, pointer?: string): FilePlace => ({
    file,
    ...lineAndColumn(lineStarts, offset),
    ...(pointer === undefined ? {} : { pointer }),
  });
  const deep = firstTooDeep(source);
  if (deep !== undefined) throw new HeddleError([jsonTooDeep(placeAt(deep), DEEPEST)]);
  const errors: ParseError[] = [];
  const tree = parseTree(source, errors, { disallowComments: true, allowTrailingComma: false });
  const [first] = errors;
  if (first !== undefined || tree === undefined) {
    throw new HeddleError([badJson(placeAt(first?.offset ?? 0), syntaxReason(source, first))]);
  }
  const duplicates = duplicateKeys(tree, [], placeAt, lineStarts);
  if (duplicates.length > 0) throw new HeddleError(duplicates);
  return {
    value: parseValue(source, placeAt),
    placeOf: (path) => placeAt(nearestNode(tree, path).offset, pointerOf(path)),
    placeOfKey: (path) => placeAt(keyOffset(tree, path), pointerOf(path)),
  };
}

/** Strict UTF-8; a byte order mark is dropped. */
export function decodeUtf8(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new HeddleError([notUtf8(file)]);
  }
}

/** RFC 6901, with control characters as escapes: pointers are for messages. */
export function pointerOf(path: JsonPath): string {
  return path.map((part) => `/${printable(String(part)).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The second, stricter parser has the last word: it makes `__proto__` an ordinary key and knows all of the grammar. */
function parseValue(source: string, placeAt: (offset: number) => FilePlace): unknown {
  try {
    return JSON.parse(source) as unknown;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const offset = Number(/position (\d+)/.exec(message)?.[1] ?? 0);
    throw new HeddleError([badJson(placeAt(offset), message.replace(/ (in JSON )?at position.*$/s, ''))]);
  }
}

const SYNTAX_REASONS: Readonly<Record<string, string>> = {
  InvalidSymbol: 'this is not a value',
  InvalidNumberFormat: 'this is not a number',
  PropertyNameExpected: 'a property name in double quotes is expected',
  ValueExpected: 'a value is expected',
  ColonExpected: "':' is expected after the property name",
  CommaExpected: "',' is expected",
  CloseBraceExpected: "'}' is expected",
  CloseBracketExpected: "']' is expected",
  EndOfFileExpected: 'nothing more is expected after the end of the document',
  InvalidCommentToken: 'comments are not allowed',
  UnexpectedEndOfComment: 'a comment does not end',
  UnexpectedEndOfString: 'a string does not end',
  UnexpectedEndOfNumber: 'a number does not end',
  InvalidUnicode: 'a \\u escape needs four hexadecimal digits',
  InvalidEscapeCharacter: 'this escape does not exist',
  InvalidCharacter: 'a control character must be written as an escape',
};

function syntaxReason(source: string, error: ParseError | undefined): string {
  if (error === undefined) return 'the file is empty';
  if (source.trim() === '') return 'the file is empty';
  const reason = SYNTAX_REASONS[printParseErrorCode(error.error)] ?? 'it cannot be understood';
  return error.offset >= source.trimEnd().length ? `${reason}, but the file ends here` : reason;
}

/** Offset of the bracket that opens one level too many; recursion over the tree is safe below it. */
function firstTooDeep(source: string): number | undefined {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < source.length; index++) {
    const char = source[index];
    if (inString) {
      if (char === '\\') index++;
      else if (char === '"' || char === '\n') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') {
      if (++depth > DEEPEST) return index;
    } else if (char === '}' || char === ']') depth--;
  }
  return undefined;
}

function startsOfLines(source: string): readonly number[] {
  const starts = [0];
  for (let at = source.indexOf('\n'); at >= 0; at = source.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function lineAndColumn(starts: readonly number[], offset: number): { readonly line: number; readonly column: number } {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}

function duplicateKeys(
  node: Node,
  path: JsonPath,
  placeAt: (offset: number, pointer: string) => FilePlace,
  lineStarts: readonly number[],
): readonly Diagnostic[] {
  const children = node.children ?? [];
  if (node.type === 'array') {
    return children.flatMap((child, index) => duplicateKeys(child, [...path, index], placeAt, lineStarts));
  }
  const seen = new Map<string, number>();
  return children.flatMap((property) => {
    const [key, value] = property.children ?? [];
    if (key === undefined || value === undefined) return [];
    const name = String(key.value);
    const here = [...path, name];
    const inside = duplicateKeys(value, here, placeAt, lineStarts);
    const first = seen.get(name);
    if (first === undefined) {
      seen.set(name, key.offset);
      return inside;
    }
    return [duplicateKey(placeAt(key.offset, pointerOf(here)), name, lineAndColumn(lineStarts, first).line), ...inside];
  });
}

/** The properties of objects by name, of those that were asked for: large objects are asked often. */
const PROPERTIES = new WeakMap<Node, ReadonlyMap<string, Node>>();

function propertyOf(node: Node, name: string): Node | undefined {
  const known = PROPERTIES.get(node) ?? propertiesOf(node);
  PROPERTIES.set(node, known);
  return known.get(name);
}

function propertiesOf({ children = [] }: Node): ReadonlyMap<string, Node> {
  return new Map(children.map((property) => [String(property.children?.[0]?.value), property]));
}

function childOf(node: Node, part: string | number): Node | undefined {
  if (node.type === 'array') return node.children?.[Number(part)];
  return node.type === 'object' ? propertyOf(node, String(part))?.children?.[1] : undefined;
}

function nearestNode(tree: Node, path: JsonPath): Node {
  let node = tree;
  for (const part of path) {
    const child = childOf(node, part);
    if (child === undefined) break;
    node = child;
  }
  return node;
}

function keyOffset(tree: Node, path: JsonPath): number {
  const parent = nearestNode(tree, path.slice(0, -1));
  return propertyOf(parent, String(path.at(-1)))?.offset ?? nearestNode(tree, path).offset;
}
