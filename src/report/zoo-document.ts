import { CATALOGUE, type ZooNetwork } from '../zoo/catalogue.js';
import { ZOO_PREFIX } from '../zoo/name.js';
import { countPlan } from '../zoo/plan.js';
import { type Paint, PLAIN } from './paint.js';
import { count, left, markdownTable, right, textTable } from './table.js';

/** A network of the zoo at its usual size. */
export interface ZooDocumentNetwork {
  readonly name: string;
  /** [H][W][C]. */
  readonly input: readonly number[];
  readonly outputs: readonly (readonly number[])[];
  /** The usual width multiplier; undefined where the network has none. */
  readonly width: number | undefined;
  /** Multiply-accumulates a frame. */
  readonly macs: number;
  readonly parameters: number;
  readonly source: string;
  readonly published: {
    readonly macs: number | undefined;
    readonly parameters: number | undefined;
    /** Where figures are counted otherwise. */
    readonly note: string | undefined;
  };
}

/** What `heddle zoo --json` prints; schemas/zoo.schema.json. Undefined is written as null. */
export interface ZooDocument {
  readonly networks: readonly ZooDocumentNetwork[];
}

export function zooDocument(): ZooDocument {
  return { networks: Object.entries(CATALOGUE).map(([name, network]) => documentOf(name, network)) };
}

function documentOf(name: string, { build, input, width, source, published }: ZooNetwork): ZooDocumentNetwork {
  const plan = build({ input: input.usual, width: width ?? 1 });
  const shapeOf = ({ tensor }: { readonly tensor: string }) => plan.graph.types.get(tensor)?.shape ?? [];
  return {
    name,
    input: plan.graph.inputs.flatMap(shapeOf),
    outputs: plan.graph.outputs.map(shapeOf),
    width,
    ...countPlan(plan),
    source,
    published: { macs: published.macs, parameters: published.parameters, note: published.note },
  };
}

/** For people. */
export function zooText({ networks }: ZooDocument, paint: Paint = PLAIN): string {
  const rows = networks.map(({ name, input, macs, parameters, source }) => [
    `${ZOO_PREFIX}${name}`,
    input.join('x'),
    count(macs),
    count(parameters),
    source,
  ]);
  const columns = [left('network'), left('input'), right('MACs'), right('parameters'), left('source')];
  const [title = '', ...body] = textTable(columns, rows);
  return `${[
    paint.strong(title),
    ...body,
    '',
    'Weights are seeded, and quantised to int8. Options follow the name: zoo:mobilenet-v1,input=160,width=0.5,seed=7;',
    "'float' gives the float network. docs/zoo.md tells more.",
  ].join('\n')}\n`;
}

/** The table of docs/zoo.md. */
export function zooMarkdown({ networks }: ZooDocument): readonly string[] {
  const rows = networks.map(({ name, input, width, macs, parameters, source, published }) => [
    `\`${name}\``,
    input.join('x'),
    width === undefined ? '-' : String(width),
    count(macs),
    apart(macs, published.macs),
    count(parameters),
    apart(parameters, published.parameters),
    `${source}${published.note === undefined ? '' : `. Note: ${published.note}`}`,
  ]);
  const columns = [
    ...[left('network'), left('input'), right('width'), right('MACs'), right('to published')],
    ...[right('parameters'), right('to published'), left('source')],
  ];
  return markdownTable(columns, rows);
}

/** How far a figure is from the published one. */
function apart(own: number, published: number | undefined): string {
  if (published === undefined) return '-';
  if (own === published) return 'equal';
  return `${own > published ? '+' : '−'}${((100 * Math.abs(own - published)) / published).toFixed(2)} %`;
}
