import { MODEL } from '../../src/frontend/onnx/model-proto.js';
import { encodeMessage, type Message } from './proto-writer.js';

/** Puts an ONNX file together, operator by operator. */

export type OnnxDType = keyof typeof DTYPES;

const DTYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
} as const;

export type OnnxData = Float32Array | Uint8Array | Int8Array | Uint16Array | Int16Array | Int32Array | BigInt64Array;

/** An integer is written as `i`, other numbers need `{ f }`; lists of integers as `ints`. */
export type OnnxAttribute =
  | bigint
  | string
  | { readonly f: number }
  | { readonly floats: readonly number[] }
  | { readonly tensor: Message }
  | readonly number[];

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute | undefined>>;
  /** 'com.microsoft' for the runtime's own operators. */
  readonly domain?: string;
  readonly name?: string;
}

export interface OnnxBuilder {
  /** The version of the operators that the file says it uses. */
  readonly opset: number;
  input(name: string, dtype: OnnxDType, dims: readonly (number | string)[]): string;
  constant(name: string, dtype: OnnxDType, dims: readonly number[], data: OnnxData): string;
  /** Writes a node, named after its first output unless it has a name, and returns that output. */
  node(node: OnnxNode): string;
  /** A name that nothing has yet. */
  fresh(name: string): string;
  /** The file, with these tensors as its outputs; shapes and types are left for the runtime to infer. */
  finish(outputs: readonly string[]): Uint8Array;
}

/** IR versions: the newest that every runtime of the opset takes; 10 covers opset 21 and the 16-bit integers. */
function irVersion(opset: number): bigint {
  return opset >= 21 ? 10n : opset >= 13 ? 7n : 4n;
}

export function makeOnnx(opset: number, name = 'test'): OnnxBuilder {
  const inputs: Message[] = [];
  const initializers: Message[] = [];
  const nodes: Message[] = [];
  const names = new Set<string>();
  const domains = new Set<string>();
  const claim = (tensor: string): string => {
    if (names.has(tensor)) throw new Error(`two tensors '${tensor}'`);
    names.add(tensor);
    return tensor;
  };
  return {
    opset,
    input(tensor, dtype, dims) {
      inputs.push(valueInfo(tensor, dtype, dims));
      return claim(tensor);
    },
    constant(tensor, dtype, dims, data) {
      initializers.push(tensorMessage(tensor, dtype, dims, data));
      return claim(tensor);
    },
    node({ op, inputs: from, outputs, attributes = {}, domain = '', name: own = outputs[0] }) {
      if (domain !== '') domains.add(domain);
      const attribute = Object.entries(attributes).flatMap(([key, value]) =>
        value === undefined ? [] : [attributeMessage(key, value)],
      );
      nodes.push({ name: own, opType: op, domain, input: from, output: outputs.map(claim), attribute });
      return outputs[0] ?? '';
    },
    fresh(wanted) {
      let candidate = wanted;
      for (let i = 2; names.has(candidate); i++) candidate = `${wanted}_${i}`;
      return candidate;
    },
    finish(outputs) {
      const graph: Message = {
        name,
        node: nodes,
        initializer: initializers,
        input: inputs,
        output: outputs.map((tensor) => ({ name: tensor })),
      };
      const opsetImport = [
        { domain: '', version: BigInt(opset) },
        ...[...domains].map((domain) => ({ domain, version: 1n })),
      ];
      return encodeMessage(MODEL, { irVersion: irVersion(opset), graph, opsetImport });
    },
  };
}

/** The bytes of a file that hands out more tensors: merged messages are written one behind the other. */
export function withOutputs(file: Uint8Array, tensors: readonly string[]): Uint8Array {
  const output = tensors.map((name) => ({ name }));
  return Buffer.concat([file, encodeMessage(MODEL, { graph: { output } })]);
}

function valueInfo(name: string, dtype: OnnxDType, dims: readonly (number | string)[]): Message {
  const dim = dims.map((extent) => (typeof extent === 'string' ? { dimParam: extent } : { dimValue: BigInt(extent) }));
  return { name, type: { tensorType: { elemType: BigInt(DTYPES[dtype]), shape: { dim } } } };
}

/** A TensorProto. */
export function tensorMessage(name: string, dtype: OnnxDType, dims: readonly number[], data: OnnxData): Message {
  return {
    name,
    dims: dims.map(BigInt),
    dataType: BigInt(DTYPES[dtype]),
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

const KIND = { f: 1n, i: 2n, s: 3n, tensor: 4n, floats: 6n, ints: 7n } as const;

function attributeMessage(name: string, value: OnnxAttribute): Message {
  if (typeof value === 'bigint') return { name, type: KIND.i, i: value };
  if (typeof value === 'string') return { name, type: KIND.s, s: Buffer.from(value) };
  if ('tensor' in value) return { name, type: KIND.tensor, t: value.tensor };
  if ('f' in value) return { name, type: KIND.f, f: value.f };
  if ('floats' in value) return { name, type: KIND.floats, floats: value.floats };
  return { name, type: KIND.ints, ints: value.map(BigInt) };
}
