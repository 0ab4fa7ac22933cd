import type { ShallowPin } from '../schedule/fifo-pins.js';
import type { Diagnostic, FilePlace } from '../support/diagnostics.js';
import { didYouMean } from '../support/text.js';

/** Messages of sizing and exploration: E440..E459. */

function error(
  code: string,
  alias: string,
  subject: string,
  text: string,
  hint: string,
  place?: FilePlace,
): Diagnostic {
  return { code, alias, severity: 'error', subject, text, hint, ...(place === undefined ? {} : { place }) };
}

const rounded = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

export function nothingReaches(model: string, target: number, least: number, fps: number): Diagnostic {
  const best = Number.isNaN(least)
    ? 'the pinned foldings leave no design at all'
    : `the fastest design takes ${least} cycles a frame, ${rounded(fps)} frames a second at this clock`;
  return error(
    'E440',
    'target-missed',
    `model '${model}'`,
    `no design takes at most ${target} cycles a frame: ${best}`,
    'lower --target-fps, raise --clock, or unpin layers in the folding file',
  );
}

export function missesTarget(model: string, target: number, predicted: number): Diagnostic {
  return error(
    'E441',
    'target-missed',
    `model '${model}'`,
    `the design is predicted at ${Math.ceil(predicted)} cycles a frame, above the ${target} of the target, because of pinned foldings or stream widths`,
    'unpin the slow layers in the folding file, or lower --target-fps',
  );
}

export function budgetTooSmall(model: string, budget: number, least: number): Diagnostic {
  return error(
    'E442',
    'budget-too-small',
    `model '${model}'`,
    `the smallest design has ${least} multipliers, more than the budget of ${budget}`,
    `raise --budget to multipliers=${least} or more`,
  );
}

export function unknownLayer(name: string, layers: readonly string[], place: FilePlace | undefined): Diagnostic {
  return error(
    'E443',
    'unknown-layer',
    `layer '${name}'`,
    'the folding file names a layer that the hardware does not have',
    didYouMean(name, layers) || `the layers are ${layers.map((layer) => `'${layer}'`).join(', ')}`,
    place,
  );
}

export function unknownPin(
  name: string,
  field: string,
  kind: string,
  joins: boolean,
  place: FilePlace | undefined,
): Diagnostic {
  const instead = joins ? `only 'lanesOut' can be pinned` : 'the width of its streams follows from the layer before it';
  return error(
    'E444',
    'nothing-to-pin',
    `layer '${name}'`,
    `'${field}' cannot be pinned: a ${kind} layer takes and gives one beat a cycle and has no folding`,
    `remove '${field}'; ${instead}`,
    place,
  );
}

export function unknownDesign(id: string): Diagnostic {
  return error(
    'E445',
    'unknown-design',
    `design '${id}'`,
    'a design id is the letter i and a number of cycles, as heddle explore prints it',
    'run heddle explore on the model and take an id from its table, for example --design i1024',
  );
}

export function badInputLanes(
  tensor: string,
  breach: { readonly text: string; readonly hint: string },
  place: FilePlace | undefined,
): Diagnostic {
  return error('E446', 'bad-input-lanes', `input '${tensor}'`, breach.text, breach.hint, place);
}

export function budgetsTooSmall(model: string, budgets: readonly number[], least: number): Diagnostic {
  return error(
    'E447',
    'budgets-too-small',
    `model '${model}'`,
    `the smallest design has ${least} multipliers, more than ${budgets.length === 1 ? 'the budget' : 'the budgets'} of ${budgets.join(', ')}`,
    `give budgets of ${least} or more`,
  );
}

export function unknownEdge(edge: string, edges: readonly string[], place: FilePlace | undefined): Diagnostic {
  return error(
    'E448',
    'unknown-edge',
    `edge '${edge}'`,
    'the folding file pins the FIFO of an edge that the hardware does not have',
    didYouMean(edge, edges) ||
      `an edge is called after the layer that reads it and its input, for example '${edges[0]}'`,
    place,
  );
}

export function shallowFifo({ edge, depth, least }: ShallowPin, place: FilePlace | undefined): Diagnostic {
  return error(
    'E449',
    'shallow-fifo',
    `edge '${edge}'`,
    `a FIFO of ${depth} beats on it stops the network for ever${least === undefined ? ', together with the other FIFOs that are pinned' : ''}: the branches that meet behind it wait for each other`,
    least === undefined
      ? 'pin fewer FIFOs, or deeper ones; what is not pinned is chosen'
      : `pin ${least} beats or more, or remove the pin and have the depth chosen`,
    place,
  );
}
