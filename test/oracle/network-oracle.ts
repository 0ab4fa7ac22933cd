import { prepareFloat } from '../../src/execute/float/execute-float.js';
import { prepareInteger } from '../../src/execute/integer/execute-integer.js';
import { arithmeticOf } from '../../src/execute/run-model.js';
import type { Graph } from '../../src/ir/graph.js';
import type { Tensor } from '../../src/ir/tensor.js';
import { defined } from '../../src/support/invariant.js';
import { type Agreement, makeComparison } from './compare-operators.js';
import { type Deviation, deviationsOf, mergeDeviations } from './compare-reals.js';
import { type ExportForm, exportGraph } from './export-graph.js';
import { type Optimisation, openSession, type Session } from './runtime.js';
import { namedTensors, toRuntime } from './runtime-tensors.js';

/** A whole network against the runtime, which computes it from the file that exportGraph writes. */

export type Frame = ReadonlyMap<string, Tensor>;

/** The version of the operators in files of networks; 16-bit tensors need 21. */
const OPSET = 21;

export async function openExported(
  graph: Graph,
  form: ExportForm,
  optimisation: Optimisation = 'as-written',
): Promise<Session> {
  return openSession(exportGraph(graph, { form, opset: OPSET }), optimisation);
}

async function runtimeValues(
  session: Session,
  graph: Graph,
  frame: Frame,
): Promise<(tensor: string) => Tensor | undefined> {
  const results = await session.run(new Map([...frame].map(([name, tensor]) => [name, toRuntime(tensor)])));
  const named = namedTensors(graph, results);
  return (tensor) => frame.get(tensor) ?? named(tensor);
}

/** An integer network operator by operator, over all frames. */
export async function compareInteger(
  graph: Graph,
  session: Session,
  frames: Iterable<Frame>,
): Promise<readonly Agreement[]> {
  const comparison = makeComparison(graph);
  for (const frame of frames) comparison.compare(await runtimeValues(session, graph, frame));
  if (comparison.unseen.length > 0) throw new Error(`the runtime has no outputs of ${comparison.unseen.join(', ')}`);
  return comparison.agreements;
}

/** A float network tensor by tensor, each from the network's input on; the worst of all frames. */
export async function compareFloat(
  graph: Graph,
  session: Session,
  frames: Iterable<Frame>,
): Promise<readonly Deviation[]> {
  const executor = prepareFloat(graph);
  let worst: readonly Deviation[] = [];
  for (const frame of frames) {
    const runtime = await runtimeValues(session, graph, frame);
    worst = mergeDeviations(worst, deviationsOf(executor.run(frame, { keep: 'all' }), runtime));
  }
  return worst;
}

export interface EndToEnd {
  readonly frames: number;
  /** Frames whose best class is the label. */
  readonly ours: number;
  readonly runtime: number;
  /** Frames where both have the same best class. */
  readonly agreement: number;
}

/** The best class of both, on labelled frames; `output` holds one value a class, and labels are its indices. */
export async function compareClasses(
  graph: Graph,
  session: Session,
  output: string,
  frames: Iterable<Frame>,
  labels: readonly number[],
): Promise<EndToEnd> {
  const executor = arithmeticOf(graph) === 'integer' ? prepareInteger(graph) : prepareFloat(graph);
  let result: EndToEnd = { frames: 0, ours: 0, runtime: 0, agreement: 0 };
  for (const frame of frames) {
    const own = defined(executor.run(frame).get(output), `our '${output}'`);
    const theirs = defined((await runtimeValues(session, graph, frame))(output), `the runtime's '${output}'`);
    result = withFrame(result, own, theirs, labels[result.frames]);
  }
  return result;
}

/** One frame more: what both answered, and the label. */
export function withFrame(so: EndToEnd, own: Tensor, theirs: Tensor, label: number | undefined): EndToEnd {
  const [ours, runtime] = [best(own), best(theirs)];
  return {
    frames: so.frames + 1,
    ours: so.ours + (ours === label ? 1 : 0),
    runtime: so.runtime + (runtime === label ? 1 : 0),
    agreement: so.agreement + (ours === runtime ? 1 : 0),
  };
}

function best({ data }: Tensor): number {
  let at = 0;
  for (let i = 1; i < data.length; i++) if (Number(data[i]) > Number(data[at])) at = i;
  return at;
}

/** Largest difference of the two accuracies, as a share. */
const ACCURACY_TOLERANCE = 0.02;

export function isAsAccurate({ frames, ours, runtime }: EndToEnd): boolean {
  return Math.abs(ours - runtime) <= ACCURACY_TOLERANCE * frames;
}

export function endToEndText({ frames, ours, runtime, agreement }: EndToEnd): string {
  const percent = (part: number): string => `${((100 * part) / frames).toFixed(1)} %`;
  return `top-1 on ${frames} frames: ours ${percent(ours)}, the runtime's ${percent(runtime)}, the same class in ${percent(agreement)}`;
}
