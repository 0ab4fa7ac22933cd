import { describe, expect, it } from 'vitest';
import { importTflite } from '../../../../src/frontend/tflite/import.js';
import { defined } from '../../../../src/support/invariant.js';
import { buildTflite, type Fields, type ModelSpec, type TensorSpec } from './build-tflite.js';
import { floats, int8, ints, runModel, runOperator, type SingleOperator } from './run-tflite.js';

const range = (count: number, from = 0): readonly number[] => Array.from({ length: count }, (_, i) => from + i);

describe('reshaping', () => {
  const reshape = (from: readonly number[], to: readonly number[], wanted: readonly number[]): ModelSpec => ({
    tensors: [floats(from), ints(wanted), floats(to)],
    operators: [{ kind: 'RESHAPE', inputs: [0, 1], outputs: [2], options: ['ReshapeOptions'] }],
  });

  it('keeps the order of elements, and costs a node only where the graph shape changes', () => {
    const [y] = runModel(reshape([1, 2, 3], [1, 3, 2], [1, -1, 2]), range(6));
    expect(y?.type.shape).toEqual([3, 2]);
    expect(Array.from(y?.data as ArrayLike<number>)).toEqual(range(6));
    const { graph } = importTflite(buildTflite(reshape([1, 6], [6], [-1])), 'test.tflite');
    expect(graph.nodes).toEqual([]);
  });

  it('takes the shape from the options where there is no operand', () => {
    const fields: Fields = { 0: ['ints', [1, 3, 2]] };
    const operator: SingleOperator = {
      kind: 'RESHAPE',
      options: ['ReshapeOptions', fields],
      operands: [floats([1, 6])],
      outputs: [floats([1, 3, 2])],
    };
    expect(runOperator(operator, range(6))).toEqual(range(6));
  });

  it('SQUEEZE and EXPAND_DIMS', () => {
    const squeeze = (fields: Fields, to: readonly number[]): SingleOperator => ({
      kind: 'SQUEEZE',
      options: ['SqueezeOptions', fields],
      operands: [floats([1, 1, 3, 1])],
      outputs: [floats(to)],
    });
    expect(runOperator(squeeze({}, [3]), [1, 2, 3])).toEqual([1, 2, 3]);
    expect(runOperator(squeeze({ 0: ['ints', [1, -1]] }, [1, 3]), [1, 2, 3])).toEqual([1, 2, 3]);
    const expand = { kind: 'EXPAND_DIMS', operands: [floats([1, 3]), ints([-1])], outputs: [floats([1, 3, 1])] };
    expect(runOperator(expand, [1, 2, 3])).toEqual([1, 2, 3]);
  });

  it('a shape that the network computes from itself: SHAPE, STRIDED_SLICE, PACK, RESHAPE', () => {
    const mask: Fields = { 4: ['i32', 1] };
    const spec: ModelSpec = {
      tensors: [
        { shape: [1, 2, 2, 3], signature: [-1, 2, 2, 3] },
        { shape: [4], type: 'INT32' },
        ...[ints([0]), ints([1]), ints([1])],
        { shape: [], type: 'INT32' },
        ints([12], []),
        { shape: [2], type: 'INT32' },
        { shape: [1, 1], signature: [-1, -1] },
      ],
      operators: [
        { kind: 'SHAPE', inputs: [0], outputs: [1], options: ['ShapeOptions', { 0: ['i8', 2] }] },
        { kind: 'STRIDED_SLICE', inputs: [1, 2, 3, 4], outputs: [5], options: ['StridedSliceOptions', mask] },
        { kind: 'PACK', inputs: [5, 6], outputs: [7], options: ['PackOptions', { 0: ['i32', 2], 1: ['i32', 0] }] },
        { kind: 'RESHAPE', inputs: [0, 7], outputs: [8], options: ['ReshapeOptions'] },
      ],
    };
    const { graph } = importTflite(buildTflite(spec), 'test.tflite');
    expect(graph.nodes.map(({ op }) => op)).toEqual([{ kind: 'flatten' }]);
    expect(graph.types.get('t8')?.shape).toEqual([12]);
  });

  it('arithmetic, CAST, CONCATENATION and SPLIT of shapes', () => {
    const scalar = (type = 'INT32'): TensorSpec => ({ shape: [1], type });
    const spec: ModelSpec = {
      tensors: [
        floats([1, 2, 3]),
        { shape: [3], type: 'INT64' },
        { shape: [3], type: 'INT32' },
        ints([0], []),
        ...[scalar(), scalar(), scalar(), scalar(), scalar()],
        { shape: [2], type: 'INT32' },
        floats([1, 6]),
      ],
      operators: [
        { kind: 'SHAPE', inputs: [0], outputs: [1], options: ['ShapeOptions', { 0: ['i8', 4] }] },
        { kind: 'CAST', inputs: [1], outputs: [2], options: ['CastOptions', { 0: ['i8', 4], 1: ['i8', 2] }] },
        { kind: 'SPLIT', inputs: [3, 2], outputs: [4, 5, 6], options: ['SplitOptions', { 0: ['i32', 3] }] },
        { kind: 'MUL', inputs: [5, 6], outputs: [7], options: ['MulOptions'] },
        { kind: 'SUB', inputs: [7, 4], outputs: [8], options: ['SubOptions'] },
        { kind: 'ADD', inputs: [8, 4], outputs: [10 - 1 - 1], options: ['AddOptions'] },
      ],
    };
    const operators = [
      ...spec.operators.slice(0, 4),
      { kind: 'CONCATENATION', inputs: [4, 7], outputs: [9], options: ['ConcatenationOptions'] as const },
      { kind: 'RESHAPE', inputs: [0, 9], outputs: [10] },
    ];
    const [y] = runModel({ ...spec, operators }, range(6));
    expect(y?.type.shape).toEqual([6]);
  });
});

describe('moving elements', () => {
  it('TRANSPOSE of a map, and one that moves axes of one index only', () => {
    const operator = {
      kind: 'TRANSPOSE',
      operands: [floats([1, 2, 1, 3]), ints([0, 3, 1, 2])],
      outputs: [floats([1, 3, 2, 1])],
    };
    expect(runOperator(operator, range(6))).toEqual([0, 3, 1, 4, 2, 5]);
    const batch = { kind: 'TRANSPOSE', operands: [floats([1, 2, 3]), ints([1, 2, 0])], outputs: [floats([2, 3, 1])] };
    expect(runOperator(batch, range(6))).toEqual(range(6));
  });

  it('TRANSPOSE of a weight', () => {
    const [y] = runModel(
      {
        tensors: [floats([1, 2]), floats([2, 3], range(6)), ints([1, 0]), floats([3, 2]), floats([1, 3])],
        operators: [
          { kind: 'TRANSPOSE', inputs: [1, 2], outputs: [3] },
          { kind: 'FULLY_CONNECTED', inputs: [0, 3, -1], outputs: [4], options: ['FullyConnectedOptions'] },
        ],
      },
      [1, 10],
    );
    expect(Array.from(y?.data as ArrayLike<number>)).toEqual([30, 41, 52]);
  });

  it('DEPTH_TO_SPACE', () => {
    const options = ['DepthToSpaceOptions', { 0: ['i32', 2] }] as const;
    const operator = {
      kind: 'DEPTH_TO_SPACE',
      options,
      operands: [floats([1, 1, 1, 8])],
      outputs: [floats([1, 2, 2, 2])],
    };
    expect(runOperator(operator, range(8))).toEqual(range(8));
  });

  it('RESIZE_NEAREST_NEIGHBOR by whole factors, and with corners aligned where that is the same', () => {
    const resize = (fields: Fields, from: readonly number[], size: readonly number[]): SingleOperator => ({
      kind: 'RESIZE_NEAREST_NEIGHBOR',
      version: 3,
      options: ['ResizeNearestNeighborOptions', fields],
      operands: [floats([1, ...from, 1]), ints(size)],
      outputs: [floats([1, ...size, 1])],
    });
    expect(runOperator(resize({}, [1, 2], [2, 4]), [1, 2])).toEqual([1, 1, 2, 2, 1, 1, 2, 2]);
    expect(runOperator(resize({ 1: ['i8', 1] }, [1, 2], [1, 6]), [1, 2])).toEqual([1, 1, 1, 2, 2, 2]);
    expect(runOperator(resize({ 0: ['i8', 1] }, [1, 2], [1, 4]), [1, 2])).toEqual([1, 1, 2, 2]);
    expect(() => runOperator(resize({ 0: ['i8', 1] }, [1, 3], [1, 9]), [1, 2, 3])).toThrow("option 'align_corners'");
  });

  it('PAD, PADV2 and MIRROR_PAD', () => {
    const paddings = ints([0, 0, 0, 1, 1, 0, 0, 0], [4, 2]);
    const pad = (
      kind: string,
      of: TensorSpec,
      to: TensorSpec,
      more: readonly TensorSpec[] = [],
      options?: SingleOperator['options'],
    ): SingleOperator => ({
      kind,
      operands: [of, paddings, ...more],
      outputs: [to],
      ...(options === undefined ? {} : { options }),
    });
    const [from, to] = [
      [1, 1, 2, 1],
      [1, 2, 3, 1],
    ];
    expect(runOperator(pad('PAD', floats(from), floats(to)), [1, 2])).toEqual([0, 1, 2, 0, 0, 0]);
    expect(runOperator(pad('PAD', int8(from, 1, 7), int8(to, 1, 7)), [1, 2])).toEqual([7, 1, 2, 7, 7, 7]);
    expect(runOperator(pad('PADV2', floats(from), floats(to), [floats([1], [-5])]), [1, 2])).toEqual([
      -5, 1, 2, -5, -5, -5,
    ]);
    expect(runOperator(pad('PADV2', int8(from, 0.5, 0), int8(to, 0.5, 0), [int8([], 0.5, 0, [9])]), [1, 2])).toEqual([
      9, 1, 2, 9, 9, 9,
    ]);
    const symmetric = ['MirrorPadOptions', { 0: ['i8', 1] }] as const;
    expect(runOperator(pad('MIRROR_PAD', floats(from), floats(to), [], symmetric), [1, 2])).toEqual([1, 1, 2, 1, 1, 2]);
    const reflect = { ...pad('MIRROR_PAD', floats([1, 2, 2, 1]), floats([1, 3, 3, 1]), [], ['MirrorPadOptions']) };
    expect(runOperator(reflect, [1, 2, 3, 4])).toEqual([2, 1, 2, 4, 3, 4, 2, 1, 2]);
  });
});

describe('parts', () => {
  const strided = (
    from: readonly number[],
    to: readonly number[],
    [begin = [], end = [], steps = []]: readonly (readonly number[])[],
    fields: Fields = {},
  ): SingleOperator => ({
    kind: 'STRIDED_SLICE',
    version: 6,
    options: ['StridedSliceOptions', fields],
    operands: [floats(from), ints(begin), ints(end), ints(steps)],
    outputs: [floats(to)],
  });

  it('STRIDED_SLICE with steps, ends from the back and masks', () => {
    const operator = strided(
      [1, 2, 4, 1],
      [1, 2, 2, 1],
      [
        [0, 0, 0, 0],
        [1, 2, -1, 1],
        [1, 1, 2, 1],
      ],
    );
    expect(runOperator(operator, range(8))).toEqual([0, 2, 4, 6]);
    const masked = strided(
      [1, 2, 4, 1],
      [1, 2, 2, 1],
      [
        [0, 0, 1, 0],
        [0, 0, 0, 0],
        [1, 1, 2, 1],
      ],
      { 0: ['i32', 3], 1: ['i32', 15] },
    );
    expect(runOperator(masked, range(8))).toEqual([1, 3, 5, 7]);
  });

  it('STRIDED_SLICE that drops an axis, adds one, or leaves them open', () => {
    const dropped = strided(
      [1, 2, 3],
      [1, 3],
      [
        [0, 1, 0],
        [1, 2, 3],
        [1, 1, 1],
      ],
      { 4: ['i32', 2] },
    );
    expect(runOperator(dropped, range(6))).toEqual([3, 4, 5]);
    const ellipsis = strided(
      [1, 2, 3],
      [1, 2, 1],
      [
        [0, 2],
        [0, 3],
        [1, 1],
      ],
      { 2: ['i32', 1] },
    );
    expect(runOperator(ellipsis, range(6))).toEqual([2, 5]);
    const added = strided(
      [1, 3],
      [1, 1, 2],
      [
        [0, 0, 1],
        [1, 0, 3],
        [1, 1, 1],
      ],
      { 3: ['i32', 2] },
    );
    expect(runOperator(added, [1, 2, 3])).toEqual([2, 3]);
    const offset = strided(
      [1, 4],
      [1, 2],
      [
        [0, 1],
        [1, 2],
        [1, 1],
      ],
      { 5: ['i8', 1] },
    );
    expect(runOperator({ ...offset, version: 8 }, [1, 2, 3, 4])).toEqual([2, 3]);
  });

  it('STRIDED_SLICE of a constant, backwards', () => {
    const options = ['StridedSliceOptions', { 1: ['i32', 1] }] as const;
    const [y] = runModel(
      {
        tensors: [
          floats([1, 6]),
          ints([3, 2, 1]),
          ...[ints([-1]), ints([0]), ints([-1])],
          { shape: [3], type: 'INT32' },
          floats([1, 2, 3]),
        ],
        operators: [
          { kind: 'STRIDED_SLICE', inputs: [1, 2, 3, 4], outputs: [5], options },
          { kind: 'RESHAPE', inputs: [0, 5], outputs: [6] },
        ],
      },
      range(6),
    );
    expect(y?.type.shape).toEqual([2, 3]);
  });

  it('SLICE, SPLIT and SPLIT_V', () => {
    const slice = {
      kind: 'SLICE',
      operands: [floats([1, 2, 3]), ints([0, 0, 1]), ints([1, -1, 2])],
      outputs: [floats([1, 2, 2])],
    };
    expect(runOperator(slice, range(6))).toEqual([1, 2, 4, 5]);
    const both = (spec: ModelSpec, x: readonly number[]): readonly (readonly number[])[] =>
      runModel(spec, x).map(({ data }) => Array.from(data as ArrayLike<number>));
    const split: ModelSpec = {
      tensors: [ints([-1], []), floats([1, 2, 4]), floats([1, 2, 2]), floats([1, 2, 2])],
      operators: [{ kind: 'SPLIT', inputs: [0, 1], outputs: [2, 3], options: ['SplitOptions', { 0: ['i32', 2] }] }],
      ...{ inputs: [1], outputs: [2, 3] },
    };
    expect(both(split, range(8))).toEqual([
      [0, 1, 4, 5],
      [2, 3, 6, 7],
    ]);
    const splitV: ModelSpec = {
      tensors: [floats([1, 2, 3]), ints([1, -1]), ints([2]), floats([1, 2, 1]), floats([1, 2, 2])],
      operators: [
        { kind: 'SPLIT_V', inputs: [0, 1, 2], outputs: [3, 4], options: ['SplitVOptions', { 0: ['i32', 2] }] },
      ],
      outputs: [3, 4],
    };
    expect(both(splitV, range(6))).toEqual([
      [0, 3],
      [1, 2, 4, 5],
    ]);
  });

  it('CONCATENATION along channels, along the batch, and of several scales', () => {
    const join = (axis: number, operands: readonly TensorSpec[], to: TensorSpec): SingleOperator => ({
      kind: 'CONCATENATION',
      options: ['ConcatenationOptions', { 0: ['i32', axis] }],
      operands,
      outputs: [to],
    });
    const channels = join(-1, [floats([1, 1, 2, 1]), floats([1, 1, 2, 2])], floats([1, 1, 2, 3]));
    expect(runOperator(channels, [1, 2], [3, 4, 5, 6])).toEqual([1, 3, 4, 2, 5, 6]);
    const rows = join(0, [floats([1, 2]), floats([2, 2], [5, 6, 7, 8])], floats([3, 2]));
    expect(runOperator(rows, [1, 2])).toEqual([1, 2, 5, 6, 7, 8]);
    const scaled = join(1, [int8([1, 2], 1, 0), int8([1, 1], 0.25, 4)], int8([1, 3], 0.5, -1));
    expect(runOperator(scaled, [3, -7], [8])).toEqual([5, -15, 1]);
  });
});

describe('the end of a network', () => {
  const softmax = { kind: 'SOFTMAX', options: ['SoftmaxOptions', { 0: ['f32', 1] }] as const };
  const notes = (spec: ModelSpec): readonly string[] =>
    importTflite(buildTflite(spec), 'test.tflite').notes.map(({ code }) => code);
  const scaled = int8([1, 2], 1 / 256, -128);

  it('a softmax is left out, with what follows on it', () => {
    const spec: ModelSpec = {
      tensors: [int8([1, 1, 2], 0.5, 3), int8([1, 1, 2], 1 / 256, -128), ints([1, 2]), scaled, floats([1, 2])],
      operators: [
        { ...softmax, inputs: [0], outputs: [1] },
        { kind: 'RESHAPE', inputs: [1, 2], outputs: [3] },
        { kind: 'DEQUANTIZE', inputs: [3], outputs: [4] },
      ],
    };
    const [y] = runModel(spec, [3, 5]);
    expect(y?.type.shape).toEqual([2]);
    expect(Array.from(y?.data as ArrayLike<number>)).toEqual([0, 1]);
    expect(notes(spec)).toEqual(['W283']);
    const requantised: ModelSpec = {
      tensors: [int8([1, 2], 0.5, 3), scaled, { shape: [1, 2], type: 'UINT8', scale: [1 / 256], zeroPoint: [0] }],
      operators: [
        { ...softmax, inputs: [0], outputs: [1] },
        { kind: 'QUANTIZE', inputs: [1], outputs: [2] },
      ],
    };
    const { graph } = importTflite(buildTflite(requantised), 'test.tflite');
    expect(graph.nodes).toEqual([]);
    expect(graph.types.get(defined(graph.outputs[0], 'an output').tensor)?.quant).toEqual({
      scale: [0.5],
      zeroPoint: [3],
    });
  });

  it('so are a log-softmax and an arg-max, and outputs that then are one', () => {
    const spec: ModelSpec = {
      tensors: [floats([1, 3]), floats([1, 3]), ints([-1], []), { shape: [1], type: 'INT64' }, floats([1, 3])],
      operators: [
        { kind: 'LOG_SOFTMAX', inputs: [0], outputs: [1], options: ['LogSoftmaxOptions'] },
        { kind: 'ARG_MAX', inputs: [1, 2], outputs: [3], options: ['ArgMaxOptions', { 0: ['i8', 4] }] },
      ],
      outputs: [1, 3],
    };
    const { graph } = importTflite(buildTflite(spec), 'test.tflite');
    expect(graph.outputs.map(({ tensor }) => tensor)).toEqual(['t0']);
    expect(notes(spec)).toEqual(['W283', 'W283', 'W286']);
  });
});
