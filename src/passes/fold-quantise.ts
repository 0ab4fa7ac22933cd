import { pruneTensors } from '../ir/builder.js';
import { isInt } from '../ir/tensor-type.js';
import { graphProblems } from '../ir/verify.js';
import { HeddleError } from '../support/diagnostics.js';
import { foldNode } from './fold-quantise/fold-node.js';
import { finishOutputs, foldInputs } from './fold-quantise/interface.js';
import { mergePairs } from './fold-quantise/merge-pairs.js';
import { startFolding } from './fold-quantise/state.js';
import { foldWeightsOnly, hasIntegerFlow } from './fold-quantise/weights-only.js';
import { biasesRounded } from './messages.js';
import type { Pass } from './pass.js';
import { liveNodes } from './remove-dead.js';

/**
 * A graph in which integers flow through quantise and dequantise nodes around float operators becomes wholly integer:
 * dequantise -> operator -> quantise is one integer operator. It goes through the nodes once, in order: each float
 * tensor gets an integer one that stands for it, exactly (behind dequantise and what moves elements) or as its readers
 * quantise it. Where only constants are dequantised the network is a float one, and they become float32.
 */
export const foldQuantise: Pass = {
  name: 'fold-quantise',
  summary: 'makes quantised operators of float ones between dequantise and quantise',
  needs: [],
  run(graph, note) {
    if (![...graph.types.values()].some((type) => isInt(type.element))) return graph;
    const live = pruneTensors(mergePairs({ ...graph, nodes: liveNodes(graph) }));
    if (!hasIntegerFlow(live)) return foldWeightsOnly(live);
    const folding = startFolding(live);
    foldInputs(folding);
    for (const node of live.nodes) foldNode(folding, node);
    folding.problems.throwIfErrors();
    const folded = pruneTensors(finishOutputs(folding));
    const problems = graphProblems(folded, 'network');
    if (problems.length > 0) throw new HeddleError(problems);
    if (folding.roundedBiases.length > 0) note?.(biasesRounded(folding.roundedBiases));
    return folded;
  },
};
