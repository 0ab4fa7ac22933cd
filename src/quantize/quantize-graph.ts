import { prepareFloat } from '../execute/float/execute-float.js';
import type { Graph } from '../ir/graph.js';
import { isInt } from '../ir/tensor-type.js';
import { verifyGraph } from '../ir/verify.js';
import { FLOAT_PIPELINE } from '../passes/pipelines.js';
import { runPipeline } from '../passes/run.js';
import { HeddleError } from '../support/diagnostics.js';
import { applyRanges, tensorsToCalibrate } from './apply.js';
import { type CalibrationFrames, calibrate } from './calibrate.js';
import { compareNetworks, type QuantizeReport } from './compare.js';
import { alreadyInteger } from './messages.js';
import { type QuantizeOptions, resolveOptions } from './options.js';

export interface QuantizeResult {
  readonly graph: Graph;
  readonly report: QuantizeReport;
}

/**
 * Post-training quantisation: weights symmetric per output channel, activations per tensor over the ranges that the
 * calibration frames show. The float passes run first, so a graph with batch normalisations and activations of its own
 * is fine. HeddleError for options out of range, an integer graph, no frames, or numbers that do not fit.
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
  const prepared = runPipeline(floatGraph, FLOAT_PIPELINE);
  const ranges = calibrate(prepareFloat(prepared), tensorsToCalibrate(prepared), calibration, resolved);
  const graph = applyRanges(prepared, ranges, resolved);
  verifyGraph(graph, 'quantize');
  const report = compareNetworks(prepared, graph, calibration, (frame) => resolved.onFrame('compare', frame));
  return { graph, report };
}
