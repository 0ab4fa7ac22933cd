import { prepareFloat } from '../execute/float/execute-float.js';
import { MAX_TABLE_BITS } from '../execute/integer/table.js';
import type { Graph, GraphNode } from '../ir/graph.js';
import { isInt } from '../ir/tensor-type.js';
import { verifyGraph } from '../ir/verify.js';
import { FLOAT_PIPELINE } from '../passes/pipelines.js';
import { runPipeline } from '../passes/run.js';
import { type Diagnostic, HeddleError } from '../support/diagnostics.js';
import { invariant } from '../support/invariant.js';
import { didYouMean } from '../support/text.js';
import { applyTypes } from './apply.js';
import { type CalibrationFrames, calibrate } from './calibrate.js';
import { chooseTypes, leavingTensors, tensorsToCalibrate } from './choose-types.js';
import { compareNetworks, type QuantizeReport } from './compare.js';
import { correctBiases } from './correct-biases.js';
import { equaliseLayers } from './equalise-layers.js';
import { alreadyInteger, noIntegerForm, tableInputTooWide, unknownLayer } from './messages.js';
import type { Range } from './observer.js';
import { type QuantizeOptions, type ResolvedOptions, resolveOptions } from './options.js';
import { isWeighted, numbersRule, TABLE_KINDS } from './rules.js';

export interface QuantizeResult {
  readonly graph: Graph;
  readonly report: QuantizeReport;
}

/**
 * Post-training quantisation: weights symmetric per output channel, activations per tensor over the ranges that the
 * calibration frames show. The float passes run first, so a graph with batch normalisations and activations of its own
 * is fine. HeddleError for options out of range, an integer graph, operators without an integer form, no frames, or
 * numbers that do not fit.
 */
export function quantizeGraph(
  floatGraph: Graph,
  calibration: CalibrationFrames,
  options: QuantizeOptions = {},
): QuantizeResult {
  const resolved = resolveOptions(options);
  if ([...floatGraph.types.values()].some((type) => isInt(type.element))) {
    throw new HeddleError([alreadyInteger(floatGraph.name)]);
  }
  const fused = runPipeline(floatGraph, FLOAT_PIPELINE);
  checkQuantizable(fused, resolved);
  const prepared = resolved.equalisation ? equaliseLayers(fused, prepareFloat(fused), calibration, resolved) : fused;
  const watched = { tensors: tensorsToCalibrate(prepared), whole: leavingTensors(prepared) };
  const observed = calibrate(prepareFloat(prepared), watched, calibration, resolved);
  const types = chooseTypes(prepared, observed.ranges, resolved.activationBits);
  const rounded = applyTypes(prepared, types, resolved);
  const onStep = (done: number, total: number): void => resolved.onStep('correct', done, total);
  const graph = resolved.biasCorrection
    ? correctBiases(prepared, rounded, calibration, observed.frames, onStep)
    : rounded;
  verifyGraph(graph, 'quantize');
  const report = compareNetworks(prepared, graph, calibration, (done) => resolved.onStep('compare', done));
  return { graph, report };
}

/**
 * The integer graph of a float graph whose tensors' ranges are known, by name, at least of those that are left when the float
 * passes have run. Nothing is computed, so that weights and biases are rounded as they are. HeddleError as above.
 */
export function quantizeWithRanges(
  floatGraph: Graph,
  ranges: ReadonlyMap<string, Range>,
  options: QuantizeOptions = {},
): Graph {
  const resolved = resolveOptions(options);
  const fused = runPipeline(floatGraph, FLOAT_PIPELINE);
  checkQuantizable(fused, resolved);
  const graph = applyTypes(fused, chooseTypes(fused, ranges, resolved.activationBits), resolved);
  verifyGraph(graph, 'quantize');
  return graph;
}

/** HeddleError with all operators that cannot be quantised, and with all options that name no layer. */
function checkQuantizable(graph: Graph, { activationBits, layerWeightBits }: ResolvedOptions): void {
  const layers = graph.nodes.filter(isWeighted).map(({ name }) => name);
  const problems = [
    ...graph.nodes.flatMap((node) => nodeProblems(node, activationBits)),
    ...[...layerWeightBits.keys()]
      .filter((name) => !layers.includes(name))
      .map((name) => unknownLayer(name, didYouMean(name, layers) || shortList(layers))),
  ];
  if (problems.length > 0) throw new HeddleError(problems);
}

const SHOWN_LAYERS = 20;

function shortList(layers: readonly string[]): string {
  const more = layers.length > SHOWN_LAYERS ? ` ... (${layers.length} in all)` : '';
  return `the layers are ${layers
    .slice(0, SHOWN_LAYERS)
    .map((name) => `'${name}'`)
    .join(', ')}${more}`;
}

function nodeProblems(node: GraphNode, activationBits: number): readonly Diagnostic[] {
  const { kind } = node.op;
  const rule = numbersRule(node);
  invariant(rule !== 'absent', `'${kind}' reaches the quantiser, although the passes before it remove it`);
  if (rule === 'refused') return [noIntegerForm(node.name, kind)];
  return TABLE_KINDS.has(kind) && activationBits > MAX_TABLE_BITS
    ? [tableInputTooWide(node.name, kind, activationBits, MAX_TABLE_BITS)]
    : [];
}
