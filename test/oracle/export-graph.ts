import type { Graph, GraphNode } from '../../src/ir/graph.js';
import { isInt, type TensorType } from '../../src/ir/tensor-type.js';
import { defined } from '../../src/support/invariant.js';
import { dtypeOf, type Emitter, integers, outputOf, quantConstants, typeOf } from './emitter.js';
import { emitClip, emitReal } from './float-operators.js';
import { fileDims } from './layout.js';
import { makeOnnx, type OnnxBuilder } from './onnx-builder.js';
import { emitQuantised, remainingClamp } from './quantised-operators.js';

/**
 * `qdq`: every operator on real values, between a DequantizeLinear and a QuantizeLinear. `qoperator`: on integers where
 * the runtime has such an operator, otherwise as `qdq`. Float graphs are written plainly in both.
 */
export type ExportForm = 'qdq' | 'qoperator';

export interface ExportOptions {
  readonly form: ExportForm;
  /** Version of the operators, 7 to 26; integers need 10, per-axis weights 13, 16-bit tensors 21. */
  readonly opset: number;
  /** true: inputs and outputs are float32, as most files have them; false: they are the integers themselves. */
  readonly realEnds?: boolean;
}

/**
 * A network as an ONNX file. Tensors keep their names: those of an integer graph are the integers, in the file's order
 * of axes (layout.ts), and all of them are outputs of the file where `realEnds` is not set.
 */
export function exportGraph(graph: Graph, { form, opset, realEnds = false }: ExportOptions): Uint8Array {
  const file = makeOnnx(opset, graph.name);
  const emitter = makeEmitter(graph, file);
  for (const { tensor } of graph.inputs) {
    const type = typeOf(graph, tensor);
    if (!realEnds || !isInt(type.element)) file.input(tensor, dtypeOf(type), fileDims(type.shape));
    else writeQuantise(emitter, file.input(`${tensor}/real-input`, 'float32', fileDims(type.shape)), type, tensor);
  }
  for (const node of graph.nodes) writeNode(emitter, node, form);
  if (!realEnds) return file.finish(graph.nodes.flatMap((node) => node.outputs));
  return file.finish(graph.outputs.map(({ tensor }) => emitter.real(tensor)));
}

function makeEmitter(graph: Graph, file: OnnxBuilder): Emitter {
  const dequantised = new Map<string, string>();
  return {
    graph,
    file,
    real(tensor) {
      const type = typeOf(graph, tensor);
      if (!isInt(type.element)) return tensor;
      const known = dequantised.get(tensor);
      if (known !== undefined) return known;
      const quant = defined(type.quant, `the quantization of '${tensor}'`);
      const inputs = [tensor, ...quantConstants(file, `${tensor}/dq`, dtypeOf(type), quant)];
      const name = file.node({ op: 'DequantizeLinear', inputs, outputs: [file.fresh(`${tensor}/dq`)] });
      dequantised.set(tensor, name);
      return name;
    },
  };
}

function writeQuantise({ file }: Emitter, real: string, type: TensorType, output: string): string {
  const quant = defined(type.quant, `the quantization of '${output}'`);
  const inputs = [real, ...quantConstants(file, `${output}/q`, dtypeOf(type), quant)];
  return file.node({ op: 'QuantizeLinear', inputs, outputs: [output] });
}

function writeNode(emitter: Emitter, node: GraphNode, form: ExportForm): void {
  const { graph, file } = emitter;
  const output = defined(node.outputs[0], `the output of '${node.name}'`);
  const type = outputOf(graph, node);
  const clamp = remainingClamp(type, 'clamp' in node.op ? node.op.clamp : undefined);
  const isClamped = clamp.lo !== undefined || clamp.hi !== undefined;
  if (form === 'qoperator' && isInt(type.element) && (!isClamped || file.opset >= 12)) {
    const whole = isClamped ? file.fresh(`${output}/whole`) : output;
    if (emitQuantised(emitter, node, whole) !== undefined) {
      if (isClamped) writeIntegerClip(emitter, whole, type, clamp, output);
      return;
    }
  }
  const isQuantised = isInt(type.element);
  const last = isQuantised ? file.fresh(`${output}/real`) : output;
  const computed = emitReal(emitter, node, isClamped ? file.fresh(`${output}/whole`) : last);
  if (isClamped) emitClip(emitter, computed, realClamp(clamp, type), last);
  if (isQuantised) writeQuantise(emitter, last, type, output);
}

type Ends = { readonly lo?: number | undefined; readonly hi?: number | undefined };

function realClamp({ lo, hi }: Ends, { quant }: TensorType): Ends {
  if (quant === undefined) return { lo, hi };
  const real = (q: number | undefined): number | undefined =>
    q === undefined ? undefined : (quant.scale[0] ?? 1) * (q - (quant.zeroPoint[0] ?? 0));
  return { lo: real(lo), hi: real(hi) };
}

function writeIntegerClip({ file }: Emitter, input: string, type: TensorType, { lo, hi }: Ends, output: string): void {
  const dtype = dtypeOf(type);
  const end = (name: string, value: number | undefined): string =>
    value === undefined ? '' : file.constant(file.fresh(`${output}/${name}`), dtype, [], integers(dtype, [value]));
  const ends = [end('min', lo), ...(hi === undefined ? [] : [end('max', hi)])];
  file.node({ op: 'Clip', inputs: [input, ...ends], outputs: [output] });
}
