import type { GraphInput } from '../../ir/graph.js';
import { didYouMean } from '../../support/text.js';
import { dtypeName, dtypeOf, elementOf } from './dtypes.js';
import { badPin, batchFixed, dynamicShape, inputType } from './messages.js';
import type { DimensionProto, GraphProto, ValueInfoProto } from './model-proto.js';
import { graphShape, UNKNOWN } from './values.js';
import type { Workspace } from './workspace.js';

/** Whole shapes of inputs, by name. */
export type PinnedShapes = ReadonlyMap<string, readonly number[]>;

interface InputOptions {
  readonly shapes?: PinnedShapes;
  readonly batch?: 'none';
}

/** The model's inputs; what is listed as an input and has a value is a constant. What is wrong is collected. */
export function inputsOf(
  work: Workspace,
  { input, initializer }: GraphProto,
  options: InputOptions,
): readonly GraphInput[] {
  const constants = new Set(initializer.map(({ name }) => name));
  const flowing = input.filter(({ name }) => !constants.has(name));
  const names = flowing.map(({ name }) => name);
  for (const name of options.shapes?.keys() ?? []) {
    if (names.includes(name)) continue;
    const hint = didYouMean(name, names) || `the inputs are: ${names.join(', ')}`;
    work.problems.add(
      badPin(work.files.file, name, 'a shape is given for it, but the model has no input of this name', hint),
    );
  }
  return flowing.flatMap((info) => readInput(work, info, options) ?? []);
}

function readInput(work: Workspace, info: ValueInfoProto, options: InputOptions): GraphInput | undefined {
  const { name, type } = info;
  work.values.set(name, UNKNOWN);
  const { file } = work.files;
  const tensor = type?.tensorType;
  if (tensor === undefined) {
    work.problems.add(
      inputType(file, name, 'it is an input, but no tensor', 'export the model with plain tensors as inputs'),
    );
    return undefined;
  }
  const shape = inputShape(work, name, tensor.shape?.dim, options);
  const dtype = dtypeOf(tensor.elemType);
  const element = dtype === undefined ? undefined : elementOf(dtype);
  if (element === undefined || dtype === undefined) {
    const text = `it is an input of ${dtypeName(tensor.elemType)}, but only float32, float16 and integers of up to 32 bits can be fed`;
    work.problems.add(inputType(file, name, text, 'export the model with one of these types at its inputs'));
  }
  if (element === undefined || dtype === undefined || shape === undefined) return undefined;
  // What integers stand for is said where they are read.
  work.input(name, { shape: graphShape(shape), element });
  work.values.set(name, { kind: 'flowing', tensor: name, shape, dtype });
  return { tensor: name, layout: 'nhwc' };
}

/** An extent that the file leaves open is named or missing; some exporters write -1 or 0. */
function extentOf({ dimValue }: DimensionProto): number | undefined {
  return dimValue === undefined || dimValue <= 0n ? undefined : Number(dimValue);
}

/** The shape with a batch of 1; undefined where it is refused. */
function inputShape(
  work: Workspace,
  name: string,
  dims: readonly DimensionProto[] | undefined,
  { shapes, batch }: InputOptions,
): readonly number[] | undefined {
  const { file } = work.files;
  const pinned = shapes?.get(name);
  const declared = dims?.map(extentOf);
  if (pinned !== undefined) {
    const reason = pinProblem(pinned, declared, dims);
    if (reason !== '') {
      work.problems.add(badPin(file, name, reason, 'give one extent of 1 or more for each axis, with the batch of 1'));
      return undefined;
    }
  }
  const isBatch = (axis: number): boolean => axis === 0 && batch !== 'none' && (declared?.length ?? 0) > 1;
  const shape = pinned ?? declared?.map((extent, axis) => extent ?? (isBatch(axis) ? 1 : undefined));
  if (shape === undefined || shape.includes(undefined as never)) {
    work.problems.add(dynamicShape(file, name, shapeWords(dims), pinExample(name, dims)));
    return undefined;
  }
  const [first = 1] = shape;
  if (batch !== 'none' && shape.length > 1 && first !== 1) {
    work.problems.add(batchFixed(file, name, first));
    return undefined;
  }
  return shape as readonly number[];
}

/** Why a pinned shape does not fit, or ''. */
function pinProblem(
  pinned: readonly number[],
  declared: readonly (number | undefined)[] | undefined,
  dims: readonly DimensionProto[] | undefined,
): string {
  if (!pinned.every((extent) => Number.isSafeInteger(extent) && extent >= 1))
    return `its shape is given as [${pinned.join(', ')}]`;
  const fits =
    declared === undefined ||
    (declared.length === pinned.length &&
      declared.every((extent, axis) => extent === undefined || extent === pinned[axis]));
  return fits ? '' : `its shape is given as [${pinned.join(', ')}], but in the file it is ${shapeWords(dims)}`;
}

/** `[N, 3, height, ?]`. */
function shapeWords(dims: readonly DimensionProto[] | undefined): string {
  if (dims === undefined) return 'not given';
  return `[${dims.map((dim) => extentOf(dim) ?? (dim.dimParam === '' ? '?' : dim.dimParam)).join(', ')}]`;
}

/** What a user could write: the batch of 1, and 224 where nothing is known. */
function pinExample(name: string, dims: readonly DimensionProto[] | undefined): string {
  const extents = (dims ?? []).map((dim, axis) => extentOf(dim) ?? (axis === 0 && (dims?.length ?? 0) > 1 ? 1 : 224));
  return dims === undefined ? `${name}=1,3,224,224` : `${name}=${extents.join(',')}`;
}
