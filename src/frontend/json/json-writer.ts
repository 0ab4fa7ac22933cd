/** An object of the output; a Map keeps its order also for keys like `7`. */
export type JsonObject = ReadonlyMap<string, JsonValue>;

export type JsonValue = string | number | boolean | readonly JsonValue[] | JsonObject;

const WIDTH = 120;

/**
 * Deterministic, readable JSON: what fits stands on one line, lists of numbers fill their lines. Numbers are the
 * shortest text that reads back as the same double, the sign of zero included.
 */
export function writeJson(root: JsonObject): string {
  return `${writeBlock(root, 0)}\n`;
}

function isObject(value: JsonValue): value is JsonObject {
  return value instanceof Map;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function writeInline(value: JsonValue): string {
  if (isList(value)) return `[${value.map(writeInline).join(', ')}]`;
  if (!isObject(value)) return Object.is(value, -0) ? '-0' : JSON.stringify(value);
  if (value.size === 0) return '{}';
  return `{ ${[...value].map(([key, item]) => `${JSON.stringify(key)}: ${writeInline(item)}`).join(', ')} }`;
}

function writeAt(value: JsonValue, indent: number, used: number): string {
  const inline = writeInline(value);
  return used + inline.length < WIDTH ? inline : writeBlock(value, indent);
}

function writeBlock(value: JsonValue, indent: number): string {
  const outer = ' '.repeat(indent);
  const inner = `${outer}  `;
  if (isObject(value)) {
    const lines = [...value].map(([key, item]) => {
      const start = `${inner}${JSON.stringify(key)}: `;
      return start + writeAt(item, indent + 2, start.length);
    });
    return `{\n${lines.join(',\n')}\n${outer}}`;
  }
  if (!isList(value)) return writeInline(value);
  if (value.every((item) => typeof item === 'number')) return `[\n${fill(value.map(writeInline), inner)}\n${outer}]`;
  return `[\n${value.map((item) => inner + writeAt(item, indent + 2, inner.length)).join(',\n')}\n${outer}]`;
}

function fill(words: readonly string[], indent: string): string {
  const lines: string[] = [];
  let line = indent;
  for (const [index, word] of words.entries()) {
    const item = index === words.length - 1 ? word : `${word},`;
    if (line !== indent && line.length + 1 + item.length > WIDTH) {
      lines.push(line);
      line = indent;
    }
    line += line === indent ? item : ` ${item}`;
  }
  return [...lines, line].join('\n');
}
