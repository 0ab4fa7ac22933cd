// Writes the property tables of docs/model-format.md from schemas/model.schema.json.
//   node scripts/model-format-doc.mjs           rewrites the tables in place
//   node scripts/model-format-doc.mjs --check   exit status 1 where the file is not up to date
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SCHEMA = new URL('../schemas/model.schema.json', import.meta.url);
const DOCUMENT = new URL('../docs/model-format.md', import.meta.url);

/** The document with everything between `<!-- table NAME -->` and `<!-- end -->` made anew. */
export function renderDocument(document, schema) {
  const seen = new Set();
  const rendered = document.replaceAll(/(<!-- table (\S+) -->\n).*?(<!-- end -->)/gs, (_all, start, name, end) => {
    seen.add(name);
    return `${start}\n${tableNamed(name, schema)}\n\n${end}`;
  });
  const missing = tableNames(schema).filter((name) => !seen.has(name));
  if (missing.length > 0) throw new Error(`docs/model-format.md has no table for ${missing.join(', ')}`);
  return rendered;
}

/** The tables that the document must have: the top level, every titled definition that is no operator, the operators. */
export function tableNames(schema) {
  const titled = Object.entries(schema.definitions).filter(
    ([name, part]) => part.title !== undefined && !isOp(name, schema),
  );
  return ['model', ...titled.map(([name]) => name), 'operators', 'attributes'];
}

function isOp(name, schema) {
  return schema.definitions.node.oneOf.some((option) => option.$ref === `#/definitions/${name}`);
}

function tableNamed(name, schema) {
  if (name === 'operators') return operatorTable(schema);
  if (name === 'attributes') return attributeTable(schema);
  const part = name === 'model' ? schema : schema.definitions[name];
  if (part === undefined) throw new Error(`docs/model-format.md asks for the unknown table '${name}'`);
  return propertyTable(part, schema);
}

/** A part of the schema with its references followed; its own words go before those of what it refers to. */
function follow({ $ref, ...own }, schema) {
  if ($ref === undefined) return own;
  return { ...follow(schema.definitions[$ref.replace('#/definitions/', '')], schema), ...own };
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function propertyTable(part, schema) {
  const rows = Object.entries(part.properties).map(([name, property]) => {
    const full = follow(property, schema);
    return [`\`${name}\``, kindOf(full, schema), presence(name, full, part), full.description ?? ''];
  });
  return table(['Property', 'Value', 'Presence', 'Meaning'], rows);
}

function presence(name, property, part) {
  if (part.required?.includes(name)) return 'required';
  return property.default === undefined ? 'optional' : `default \`${JSON.stringify(property.default)}\``;
}

/** The values that a property takes, in words. */
function kindOf(part, schema) {
  const full = follow(part, schema);
  if (full.const !== undefined) return `\`${JSON.stringify(full.const)}\``;
  if (full.enum !== undefined) return full.enum.map((value) => `\`${JSON.stringify(value)}\``).join(' or ');
  if (full.type === 'array') return listOf(full, schema);
  if (full.type === 'integer' || full.type === 'number') return `${full.type}${rangeOf(full)}`;
  return full.type;
}

function listOf(part, schema) {
  const items = follow(part.items, schema);
  const item = items.title ?? (items.oneOf === undefined ? kindOf(items, schema) : 'node');
  const count = part.minItems !== undefined && part.minItems === part.maxItems ? `${part.minItems} x ` : '';
  return `[${count}${item}]`;
}

function rangeOf({ minimum, maximum, exclusiveMinimum }) {
  if (minimum !== undefined && maximum !== undefined) return ` ${minimum} to ${maximum}`;
  if (exclusiveMinimum !== undefined) return ` > ${exclusiveMinimum}`;
  return minimum === undefined ? '' : ` >= ${minimum}`;
}

function operators(schema) {
  return schema.definitions.node.oneOf.map((option) => follow(option, schema));
}

function operatorTable(schema) {
  const rows = operators(schema).map((op) => {
    const attributes = follow(op.properties.attributes, schema);
    const names = Object.keys(attributes.properties ?? {}).map((name) =>
      attributes.required?.includes(name) ? `**\`${name}\`**` : `\`${name}\``,
    );
    return [`\`${op.title}\``, names.join(', ') || 'none', op.description];
  });
  return table(['`op`', 'Attributes (bold: required)', 'Meaning'], rows);
}

/** One row per attribute and meaning: `kernel` of a convolution differs from that of a pool. */
function attributeTable(schema) {
  const rows = new Map();
  for (const op of operators(schema)) {
    for (const [name, property] of Object.entries(follow(op.properties.attributes, schema).properties ?? {})) {
      const full = follow(property, schema);
      const cells = [
        kindOf(full, schema),
        full.default === undefined ? '' : `\`${JSON.stringify(full.default)}\``,
        full.description,
      ];
      const key = JSON.stringify([name, cells]);
      const users = rows.get(key)?.users ?? [];
      rows.set(key, { name, cells, users: [...users, `\`${op.title}\``] });
    }
  }
  const lines = [...rows.values()].map(({ name, cells: [kind, standard, words], users }) => [
    `\`${name}\``,
    users.join(', '),
    kind,
    standard,
    words,
  ]);
  return table(['Attribute', 'Of', 'Value', 'Default', 'Meaning'], lines);
}

function main(check) {
  const document = readFileSync(DOCUMENT, 'utf8');
  const rendered = renderDocument(document, JSON.parse(readFileSync(SCHEMA, 'utf8')));
  if (!check) writeFileSync(DOCUMENT, rendered);
  else if (rendered !== document) {
    console.error('docs/model-format.md is not up to date: run node scripts/model-format-doc.mjs');
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.includes('--check'));
