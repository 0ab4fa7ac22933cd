import { arithmeticOf } from '../execute/run-model.js';
import type { Graph } from '../ir/graph.js';
import { verifyGraph } from '../ir/verify.js';
import { alreadyInteger } from '../quantize/messages.js';
import { quantizeWithRanges } from '../quantize/quantize-graph.js';
import { HeddleError } from '../support/diagnostics.js';
import { parseZooName } from './name.js';
import { type OnLayer, seedWeights } from './seed-weights.js';

/**
 * The network of a name as `zoo:resnet50` or `zoo:mobilenet-v1,input=160,width=0.5`: quantised to int8, or in float where
 * the option `float` is given. `onLayer` hears how far its weights are. HeddleError for names and options that are not known.
 */
export function makeZooNetwork(path: string, onLayer?: OnLayer): Graph {
  const { name, network, size, seed, float } = parseZooName(path);
  const { graph: seeded, ranges } = seedWeights(network.build(size), seed, onLayer);
  const graph = { ...seeded, name };
  verifyGraph(graph, 'zoo');
  return float ? graph : quantizeWithRanges(graph, ranges);
}

/** A float network, as one that was exported without its weights, with seeded ones in their place; quantised to int8. HeddleError for an integer one. */
export function reseedNetwork(model: Graph, seed: number, onLayer?: OnLayer): Graph {
  if (arithmeticOf(model) === 'integer') throw new HeddleError([alreadyInteger(model.name)]);
  const { graph, ranges } = seedWeights({ graph: model, gains: new Map() }, seed, onLayer);
  verifyGraph(graph, model.name);
  return quantizeWithRanges(graph, ranges);
}
