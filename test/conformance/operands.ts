import type { ModelProto, NodeProto } from '../../src/frontend/onnx/model-proto.js';

/** What the inputs of a case's operators are to a network: the test data make inputs of all of them. */

const after = (first: number): readonly number[] => Array.from({ length: 8 }, (_, i) => first + i);

/**
 * Inputs that a network has as constants: weights, scales and zero points, shapes, axes, limits. Of a product one factor,
 * of a quotient the divisor.
 */
const WEIGHTS: Readonly<Record<string, readonly number[]>> = {
  ...{
    BatchNormalization: after(1),
    CastLike: after(1),
    Clip: after(1),
    Conv: after(1),
    ConvInteger: after(1),
    ConvTranspose: after(1),
  },
  ...{ DequantizeLinear: after(1), Div: after(1), Dropout: after(1), Expand: after(1), Gather: after(1) },
  ...{ Gemm: after(1), MatMul: after(1), MatMulInteger: after(1), OneHot: after(1), PRelu: after(1), Pad: after(1) },
  ...{ Pow: after(1), QLinearConv: after(1), QLinearMatMul: after(1), QuantizeLinear: after(1), Range: after(0) },
  ...{ ReduceMax: after(1), ReduceMean: after(1), ReduceSum: after(1), Reshape: after(1), Resize: after(1) },
  ...{ Slice: after(1), Split: after(1), Squeeze: after(1), Tile: after(1), Unsqueeze: after(1), Upsample: after(1) },
  ...{ ConstantOfShape: after(0) },
};

/** The inputs of a graph that every reader takes as weights. */
export function weightInputs(nodes: readonly NodeProto[], inputs: readonly string[]): ReadonlySet<string> {
  const isWeight = (name: string): boolean => {
    const uses = nodes.flatMap((node) => node.input.flatMap((input, i) => (input === name ? [isOne(node, i)] : [])));
    return uses.length > 0 && uses.every((one) => one);
  };
  return new Set(inputs.filter(isWeight));
}

function isOne({ opType }: NodeProto, index: number): boolean {
  return WEIGHTS[opType]?.includes(index) === true;
}

/** The axis along which an operator's inputs hold one picture, or one vector, behind the other; inputs by their index. */
export type PictureAxes = Readonly<Record<number, number>>;

const FIRST: PictureAxes = { 0: 0 };

/** Operators that compute each picture of a batch by itself. */
const BY_PICTURE: ReadonlySet<string> = new Set([
  ...['AveragePool', 'BatchNormalization', 'Conv', 'ConvInteger', 'ConvTranspose', 'DepthToSpace', 'GlobalAveragePool'],
  ...['GlobalMaxPool', 'LRN', 'MaxPool', 'QLinearConv', 'Resize', 'SpaceToDepth', 'Upsample'],
]);

/** Products of matrices whose first one has a vector a row. */
const BY_ROW: ReadonlySet<string> = new Set(['MatMul', 'MatMulInteger', 'QLinearMatMul']);

/**
 * How the batch of a node is divided, undefined where it is not: `shapes` are those of its inputs. A product's first
 * matrix has a vector a row, or with Gemm's transA a column; a bias with a row for each goes with them.
 */
export function pictureAxes(node: NodeProto, shapes: readonly (readonly number[])[]): PictureAxes | undefined {
  const [first = []] = shapes;
  if (BY_PICTURE.has(node.opType)) return FIRST;
  if (BY_ROW.has(node.opType)) return first.length === 2 ? FIRST : undefined;
  if (node.opType !== 'Gemm') return undefined;
  const axis = node.attribute.some(({ name, i }) => name === 'transA' && i === 1n) ? 1 : 0;
  const bias = shapes[2] ?? [];
  return bias.length === 2 && bias[0] === first[axis] && bias[0] !== 1 ? { 0: axis, 2: 0 } : { 0: axis };
}

/** The oldest opset that is read. */
const LEAST_OPSET = 7;

/** Operators that are in opset 7 what they are in the older opset of their cases. */
const OLDER: ReadonlySet<string> = new Set(['Elu', 'GlobalAveragePool', 'GlobalMaxPool', 'HardSigmoid']);

/** The case in the oldest opset that is read, where its own is older and its operator is the same there. */
export function atLeastOpset(model: ModelProto): { readonly model: ModelProto; readonly remark: readonly string[] } {
  const { opsetImport, graph } = model;
  const own = opsetImport.find(({ domain, version }) => domain === '' && version < BigInt(LEAST_OPSET));
  const isSame = graph?.node.every(({ opType }) => OLDER.has(opType)) === true;
  if (own === undefined || !isSame) return { model, remark: [] };
  const raised = { domain: '', version: BigInt(LEAST_OPSET) };
  return {
    model: { ...model, opsetImport: opsetImport.map((one) => (one === own ? raised : one)) },
    remark: [`its opset ${own.version} taken as ${LEAST_OPSET}`],
  };
}
