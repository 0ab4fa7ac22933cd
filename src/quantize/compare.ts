import { prepareFloat } from '../execute/float/execute-float.js';
import { realToTensor, realValues, topIndices } from '../execute/frames.js';
import { prepareInteger } from '../execute/integer/execute-integer.js';
import { isClassVector } from '../execute/run-model.js';
import { typeOf } from '../execute/tensor-access.js';
import type { Graph } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import { elementName } from '../ir/tensor-type.js';
import { defined } from '../support/invariant.js';
import type { CalibrationFrames } from './calibrate.js';

/** How well a node's integers follow the float network. */
export interface LayerFidelity {
  readonly node: string;
  readonly op: string;
  readonly tensor: string;
  /** `uint8` */
  readonly element: string;
  readonly scale: number;
  readonly zeroPoint: number;
  /** 10 log10(signal power / noise power) over all frames; absent where the noise is 0 or there is no signal. */
  readonly snrDb?: number;
}

/** How well an output of the network follows the float network, end to end. */
export interface OutputFidelity {
  readonly tensor: string;
  readonly snrDb?: number;
  /** Share of frames, 0..1, whose largest value has the same index; absent where it is no vector of classes. */
  readonly top1Agreement?: number;
}

export interface QuantizeReport {
  readonly frames: number;
  readonly layers: readonly LayerFidelity[];
  readonly outputs: readonly OutputFidelity[];
}

interface Power {
  signal: number;
  noise: number;
}

/** Runs both networks over the frames and compares every node's output, each fed by its own network. */
export function compareNetworks(
  float: Graph,
  integer: Graph,
  frames: CalibrationFrames,
  onFrame: (done: number) => void,
): QuantizeReport {
  const reference = prepareFloat(float);
  const golden = prepareInteger(integer);
  const powers = new Map(
    integer.nodes.flatMap((node) => node.outputs.map((name): [string, Power] => [name, { signal: 0, noise: 0 }])),
  );
  const agreed = new Map(classOutputs(integer).map((name) => [name, 0]));
  let count = 0;
  for (const inputs of frames) {
    const wanted = reference.run(inputs, { keep: 'all' });
    const found = golden.run(quantizeInputs(integer, inputs), { keep: 'all' });
    for (const [name, power] of powers) addPower(power, tensorNamed(wanted, name), tensorNamed(found, name));
    for (const [name, frames] of agreed)
      if (sameTop(tensorNamed(wanted, name), tensorNamed(found, name))) agreed.set(name, frames + 1);
    count += 1;
    onFrame(count);
  }
  const outputs = integer.outputs.map(({ tensor }): OutputFidelity => {
    const frames = agreed.get(tensor);
    return {
      tensor,
      ...snrOf(powers.get(tensor)),
      ...(frames === undefined ? {} : { top1Agreement: frames / count }),
    };
  });
  return { frames: count, layers: layersOf(integer, powers), outputs };
}

/** Outputs with one value for each of several classes. */
function classOutputs(graph: Graph): readonly string[] {
  return graph.outputs
    .map(({ tensor }) => tensor)
    .filter((tensor) => {
      const { shape } = typeOf(graph, tensor);
      return isClassVector(shape) && (shape.at(-1) ?? 0) > 1;
    });
}

/** Absent where the noise is 0 or there is no signal, and for an output that is an input. */
function snrOf(power: Power | undefined): { readonly snrDb?: number } {
  const { signal, noise } = power ?? { signal: 0, noise: 0 };
  return signal > 0 && noise > 0 ? { snrDb: 10 * Math.log10(signal / noise) } : {};
}

function tensorNamed(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  return defined(tensors.get(name), `tensor '${name}'`);
}

/** Float inputs of real values as inputs of the integer graph. */
export function quantizeInputs(integer: Graph, inputs: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
  return new Map(
    [...inputs].map(([name, { data }]) => [name, realToTensor(name, typeOf(integer, name), data as Float32Array)]),
  );
}

function addPower(power: Power, wanted: Tensor, found: Tensor): void {
  const signal = realValues(wanted);
  const real = realValues(found);
  for (let i = 0; i < signal.length; i++) {
    const value = signal[i] as number;
    power.signal += value * value;
    power.noise += (value - (real[i] as number)) ** 2;
  }
}

function sameTop(wanted: Tensor, found: Tensor): boolean {
  return topIndices(realValues(wanted), 1)[0] === topIndices(realValues(found), 1)[0];
}

function layersOf(graph: Graph, powers: ReadonlyMap<string, Power>): readonly LayerFidelity[] {
  return graph.nodes.flatMap((node) =>
    node.outputs.map((tensor) => {
      const { element, quant } = typeOf(graph, tensor);
      return {
        node: node.name,
        op: node.op.kind,
        tensor,
        element: elementName(element),
        scale: defined(quant?.scale[0], 'the scale'),
        zeroPoint: defined(quant?.zeroPoint[0], 'the zero point'),
        ...snrOf(powers.get(tensor)),
      };
    }),
  );
}
