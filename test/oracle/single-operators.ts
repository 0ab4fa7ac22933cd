import type { Graph } from '../../src/ir/graph.js';
import type { OpKind } from '../../src/ir/op.js';
import { defined } from '../../src/support/invariant.js';
import type { Agreement } from './compare-operators.js';
import type { Deviation } from './compare-reals.js';
import { type ExportForm, exportGraph } from './export-graph.js';
import { compareFloat, compareInteger } from './network-oracle.js';
import { leastOpset, type RandomOperator, randomOperator } from './random-operators.js';
import { openSession } from './runtime.js';

/** Random graphs of one operator against the runtime, each written for another version of the operators. */

export const OPSETS = { least: 7, newest: 26 } as const;

export interface OperatorCase {
  readonly kind: OpKind;
  readonly seed: number;
  readonly opset: number;
  readonly drawn: RandomOperator;
}

/** The opsets that can say the operator are taken in turn. */
export function operatorCases(
  kind: OpKind,
  isFloat: boolean,
  firstSeed: number,
  count: number,
): readonly OperatorCase[] {
  return Array.from({ length: count }, (_, i) => {
    const seed = firstSeed + i;
    const drawn = randomOperator(kind, isFloat, seed);
    const least = leastOpset(drawn);
    return { kind, seed, drawn, opset: least + (i % (OPSETS.newest - least + 1)) };
  });
}

/** What a failure needs to be repeated. */
export function caseText({ kind, seed, opset }: OperatorCase): string {
  return `'${kind}' of seed ${seed} at opset ${opset}`;
}

async function withSession<T>(
  graph: Graph,
  form: ExportForm,
  opset: number,
  use: (session: Awaited<ReturnType<typeof openSession>>) => Promise<T>,
): Promise<T> {
  const session = await openSession(exportGraph(graph, { form, opset }));
  try {
    return await use(session);
  } finally {
    await session.release();
  }
}

export async function compareIntegerCase({ drawn, opset }: OperatorCase, form: ExportForm): Promise<Agreement> {
  const agreements = await withSession(drawn.graph, form, opset, (session) =>
    compareInteger(drawn.graph, session, [drawn.inputs]),
  );
  return defined(agreements[0], 'the agreement of the node');
}

export async function compareFloatCase({ drawn, opset }: OperatorCase): Promise<Deviation> {
  const deviations = await withSession(drawn.graph, 'qdq', opset, (session) =>
    compareFloat(drawn.graph, session, [drawn.inputs]),
  );
  return defined(
    deviations.find(({ tensor }) => tensor === 'y'),
    'the deviation of the output',
  );
}
