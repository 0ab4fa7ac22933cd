import { describe, expect, it } from 'vitest';
import type { Op } from '../../../src/ir/op.js';
import { inferOutputShapes } from '../../../src/ir/shape.js';
import { F32 } from '../../../src/ir/tensor-type.js';
import { formatDiagnostic } from '../../../src/support/diagnostics.js';
import { window } from './fixtures.js';

function shapeOf(op: Op, ...shapes: readonly (readonly number[])[]): unknown {
  const inputs = shapes.map((_, i) => `t${i}`);
  const result = inferOutputShapes(
    { name: 'n', op, inputs, outputs: ['y'] },
    shapes.map((shape) => ({ shape, element: F32 })),
  );
  return 'problems' in result ? result.problems.map((problem) => formatDiagnostic(problem)) : result.shapes[0];
}

const BAD = (text: string, fix: string): readonly string[] => [
  `error E303 shapes-do-not-fit: node 'n': ${text}\n  fix: ${fix}`,
];
const axes = (rank: number): string => `name each of the ${rank} axes, counted from 0, without a batch axis`;

describe('shapes of operators that move, join and broadcast', () => {
  const up = {
    kind: 'conv-transpose',
    ...window({ kernelH: 3, kernelW: 2, strideH: 2, dilationW: 2, padTop: 1 }),
  } as const;
  it.each<readonly [Op, readonly (readonly number[])[], unknown]>([
    [{ kind: 'add' }, [[4, 5, 3], [3]], [4, 5, 3]],
    [
      { kind: 'mul' },
      [
        [1, 1, 3],
        [4, 5, 1],
      ],
      [4, 5, 3],
    ],
    [
      { kind: 'prelu' },
      [
        [4, 5, 3],
        [5, 1],
      ],
      [4, 5, 3],
    ],
    [
      { kind: 'concat', axis: 1 },
      [
        [4, 5, 3],
        [4, 2, 3],
      ],
      [4, 7, 3],
    ],
    [{ kind: 'slice', begin: [1, 0], size: [2, 3], step: [2, 1] }, [[4, 3]], [2, 3]],
    [{ kind: 'pad', before: [1, 0], after: [0, 2], mode: 'constant', value: 0 }, [[4, 3]], [5, 5]],
    [{ kind: 'transpose', perm: [2, 0, 1] }, [[4, 5, 3]], [3, 4, 5]],
    [{ kind: 'reshape', shape: [20, 3] }, [[4, 5, 3]], [20, 3]],
    [{ kind: 'reduce-mean', axes: [0, 1], keepDims: true }, [[4, 5, 3]], [1, 1, 3]],
    [{ kind: 'reduce-mean', axes: [1], keepDims: false }, [[4, 5, 3]], [4, 3]],
    [{ kind: 'upsample', factorH: 2, factorW: 3 }, [[4, 5, 3]], [8, 15, 3]],
    [{ kind: 'depth-to-space', block: 2, order: 'depth-first' }, [[4, 5, 8]], [8, 10, 2]],
    [{ kind: 'permute-channels', order: [2, 0, 1] }, [[4, 5, 3]], [4, 5, 3]],
    [
      { ...up, groups: 2, outputPadH: 1, outputPadW: 0 },
      [
        [4, 5, 6],
        [4, 3, 2, 3],
      ],
      [9, 7, 4],
    ],
  ])('%j', (op, shapes, expected) => {
    expect(shapeOf(op, ...shapes)).toEqual(expected);
  });

  it.each<readonly [Op, readonly (readonly number[])[], readonly string[]]>([
    [
      { kind: 'mul' },
      [
        [4, 5, 3],
        [4, 5],
      ],
      BAD(
        'its inputs have the shapes [4, 5, 3] and [4, 5], which do not go together',
        'all inputs have one shape, or extents of 1 where they are repeated, axes aligned at the end',
      ),
    ],
    [
      { kind: 'prelu' },
      [[4, 5, 3], [2]],
      BAD(
        "the slope has the shape [2], which does not fit the input's [4, 5, 3]",
        'give one slope, or one for each channel',
      ),
    ],
    [{ kind: 'concat', axis: 3 }, [[4, 5, 3]], BAD('axis 3 does not fit an input of the shape [4, 5, 3]', axes(3))],
    [
      { kind: 'concat', axis: 2 },
      [
        [4, 5, 3],
        [4, 6, 3],
      ],
      BAD(
        'inputs of the shapes [4, 5, 3] and [4, 6, 3] cannot be joined along axis 2',
        'all extents but that of the axis have to be equal',
      ),
    ],
    [
      { kind: 'slice', begin: [0], size: [1], step: [1] },
      [[4, 3]],
      BAD('a region of rank 1 does not fit an input of the shape [4, 3]', axes(2)),
    ],
    [
      { kind: 'slice', begin: [0, 1], size: [4, 2], step: [1, 2] },
      [[4, 3]],
      BAD(
        'along axis 1 it reads 2 elements from 1 on in steps of 2, but there are 3',
        'keep begin + (size - 1) * step within the extent',
      ),
    ],
    [
      { kind: 'pad', before: [0], after: [0], mode: 'constant', value: 0 },
      [[4, 3]],
      BAD('padding of rank 1 does not fit an input of the shape [4, 3]', axes(2)),
    ],
    [
      { kind: 'pad', before: [0, 3], after: [0, 0], mode: 'reflect', value: 0 },
      [[4, 3]],
      BAD('along axis 1 it mirrors more elements than the 3 that there are, less one', 'pad less, or with a constant'),
    ],
    [
      { kind: 'transpose', perm: [0, 0] },
      [[4, 3]],
      BAD('perm [0, 0] does not fit an input of the shape [4, 3]', axes(2)),
    ],
    [
      { kind: 'reshape', shape: [5, 3] },
      [[4, 3]],
      BAD('12 elements of the shape [4, 3] cannot have the shape [5, 3]', 'keep the number of elements'),
    ],
    [
      { kind: 'reduce-mean', axes: [2], keepDims: true },
      [[4, 3]],
      BAD('axes [2] does not fit an input of the shape [4, 3]', axes(2)),
    ],
    [
      { kind: 'depth-to-space', block: 2, order: 'column-first' },
      [[4, 5, 6]],
      BAD('6 channels do not divide into blocks of 2x2 pixels', 'the channels must be a multiple of block * block'),
    ],
    ...[
      [0, 1],
      [0, 1, 1],
      [0, 1, 3],
    ].map(
      (order) =>
        [
          { kind: 'permute-channels' as const, order },
          [[4, 5, 3]],
          BAD(
            `its order of ${order.length} channels is no permutation of the channels of an input of the shape [4, 5, 3]`,
            'list each input channel once, counted from 0',
          ),
        ] as const,
    ),
    [
      { ...up, padTop: 20, groups: 1, outputPadH: 0, outputPadW: 0 },
      [
        [4, 5, 6],
        [4, 3, 2, 6],
      ],
      BAD('its padding leaves nothing of the output: -11 x 7 pixels', 'pad less'),
    ],
  ])('%j is refused', (op, shapes, expected) => {
    expect(shapeOf(op, ...shapes)).toEqual(expected);
  });

  it('wants feature maps where pixels matter', () => {
    const message =
      "error E302 wrong-rank: node 'n': the input must be a feature map [H, W, C], but its shape is [4, 3]\n" +
      '  fix: feature maps are channels-last, without a batch axis';
    expect(shapeOf({ kind: 'upsample', factorH: 2, factorW: 2 }, [4, 3])).toEqual([message]);
    expect(shapeOf({ kind: 'depth-to-space', block: 1, order: 'depth-first' }, [4, 3])).toEqual([message]);
  });
});
