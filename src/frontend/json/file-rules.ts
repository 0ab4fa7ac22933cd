import type { Graph } from '../../ir/graph.js';
import { nodeSubject, tensorSubject } from '../../ir/messages.js';
import { isInt } from '../../ir/tensor-type.js';
import type { Diagnostic } from '../../support/diagnostics.js';
import { countIncludePadNeeded, inputListedAgain, type Spot, undeclaredInteger, unusedConstant } from './messages.js';
import type { ModelJson } from './model-json.js';
import type { Places } from './places.js';

/** Rules of the format that neither its schema nor the graph can express. */
export function fileProblems(model: ModelJson, places: Places): readonly Diagnostic[] {
  return [...tensorProblems(model, places), ...paddingProblems(model, places)];
}

function tensorProblems(model: ModelJson, places: Places): readonly Diagnostic[] {
  const inputs = new Set(model.inputs.map((input) => input.tensor));
  const read = new Set(model.nodes.flatMap((node) => node.inputs));
  return Object.entries(model.tensors).flatMap(([name, { constant }]) => {
    const spot: Spot = { place: places.at(['tensors', name]), subject: tensorSubject(name) };
    const problems: Diagnostic[] = [];
    if (inputs.has(name)) problems.push(inputListedAgain(spot));
    if (constant === true && !read.has(name)) problems.push(unusedConstant(spot));
    return problems;
  });
}

function paddingProblems(model: ModelJson, places: Places): readonly Diagnostic[] {
  return model.nodes.flatMap(({ name, op, attributes }, index) => {
    const padded = attributes?.pad?.some((pad) => pad > 0) ?? false;
    if (op !== 'average-pool' || !padded || attributes?.countIncludePad !== undefined) return [];
    return [countIncludePadNeeded({ place: places.at(['nodes', index, 'attributes']), subject: nodeSubject(name) })];
  });
}

/** Tensors that nodes make from integers, and that the file gives no type. */
export function undeclaredProblems(graph: Graph, model: ModelJson, places: Places): readonly Diagnostic[] {
  return graph.nodes.flatMap((node) => {
    const isInteger = node.inputs.some((name) => {
      const element = graph.types.get(name)?.element;
      return element !== undefined && isInt(element);
    });
    if (!isInteger) return [];
    return node.outputs
      .filter((name) => !graph.types.has(name) && !Object.hasOwn(model.tensors, name))
      .map((name) =>
        places.locate(undeclaredInteger({ place: places.at([]), subject: tensorSubject(name) }, node.name)),
      );
  });
}
