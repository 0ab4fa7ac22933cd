import { createHash } from 'node:crypto';
import { type EmittedDesign, emitDesign } from './emit/file-set.js';
import { chooseDesign, type SizingRequest } from './explore/choose.js';
import { exportModel } from './frontend/json/export.js';
import type { LayerGraph } from './hw/layer.js';
import { lowerGraph } from './hw/lower.js';
import type { Graph } from './ir/graph.js';
import { INTEGER_PIPELINE } from './passes/pipelines.js';
import { type PassHook, runPipeline } from './passes/run.js';
import type { Prediction } from './schedule/predict.js';
import { VERSION } from './version.js';

/*
 * The whole pipeline on one page:
 *
 *   graph --passes--> integer graph --lower--> layers --choose--> sized design --emit--> Verilog + memory images
 *
 * Every stage hands over immutable data, and no stage calls the next: this file does.
 */

/** A compiled model: what was decided, and the files. */
export interface Compiled {
  /** The integer graph that the hardware computes; the golden model runs this one. */
  readonly graph: Graph;
  readonly network: LayerGraph;
  readonly emitted: EmittedDesign;
  readonly prediction: Prediction;
  /** sha256 of the integer model as Heddle writes it. */
  readonly modelHash: string;
}

export interface CompileOptions {
  readonly sizing: SizingRequest;
  /** Called with the graph after each pass: --dump-ir. */
  readonly onPass?: PassHook;
}

/** The integer graph that the hardware computes, whose nodes are the layers: activations fused, dead nodes dropped ... */
export function hardwareGraph(model: Graph, onPass?: PassHook): Graph {
  return onPass === undefined ? runPipeline(model, INTEGER_PIPELINE) : runPipeline(model, INTEGER_PIPELINE, onPass);
}

/** The layers of an integer model: all that sizing and exploration need. HeddleError for what has no hardware. */
export function lowerModel(model: Graph, onPass?: PassHook): { graph: Graph; network: LayerGraph } {
  // 1. Each operator becomes one that there is an engine for; verified after every pass.
  const graph = hardwareGraph(model, onPass);
  // 2. Each node becomes a layer: numbers folded into the form that the hardware keeps.
  return { graph, network: lowerGraph(graph) };
}

/** Compiles an integer model to Verilog. */
export function compileModel(model: Graph, options: CompileOptions): Compiled {
  const { graph, network } = lowerModel(model, options.onPass);
  // 3. Parallelism per layer, stream widths, window memories and FIFOs.
  const { design, prediction } = chooseDesign(network, options.sizing);
  // 4. The top module, the library files that it uses, and the memory images.
  const modelHash = hashModel(graph);
  const emitted = emitDesign(design, VERSION, modelHash);
  return { graph, network, emitted, prediction, modelHash };
}

function hashModel(graph: Graph): string {
  const { json, weights } = exportModel(graph);
  const hash = createHash('sha256').update(json);
  if (weights !== undefined) hash.update(weights);
  return hash.digest('hex').slice(0, 16);
}
