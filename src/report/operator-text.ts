import type { Clamp, Op, Window } from '../ir/op.js';
import { attributesText } from '../ir/print.js';

/**
 * An operator in the words of the field, without what is as usual: `conv 3x3, stride 2, pad 0 0 1 1, relu6`. Padding of
 * four different sides is given as top, left, bottom, right. `channels`: those of its input, by which a depthwise
 * convolution is known.
 */
export function operatorText(op: Op, channels: number | undefined): string {
  const clamp = 'clamp' in op ? clampWords(op.clamp) : [];
  switch (op.kind) {
    case 'conv':
      return [
        `${isDepthwise(op.groups, channels) ? 'depthwise' : 'conv'} ${windowWords(op)}`,
        ...groupWords(op.groups, channels),
        ...clamp,
      ].join(', ');
    case 'max-pool':
      return [`${op.kind} ${windowWords(op)}`, ...clamp].join(', ');
    case 'average-pool':
      return [`${op.kind} ${windowWords(op)}`, ...(op.countIncludePad ? ['padding counted'] : []), ...clamp].join(', ');
    default: {
      const { clamp: _clamp, ...others } = op as Op & { readonly clamp?: Clamp };
      const attributes = attributesText(others as Op);
      return [`${op.kind}${attributes === '' ? '' : ` {${attributes}}`}`, ...clamp].join(', ');
    }
  }
}

function isDepthwise(groups: number, channels: number | undefined): boolean {
  return groups > 1 && groups === channels;
}

function groupWords(groups: number, channels: number | undefined): readonly string[] {
  return groups === 1 || isDepthwise(groups, channels) ? [] : [`${groups} groups`];
}

function windowWords(window: Window): string {
  const { kernelH, kernelW, strideH, strideW, dilationH, dilationW } = window;
  const { padTop, padLeft, padBottom, padRight } = window;
  const pads = [padTop, padLeft, padBottom, padRight];
  const isEven = pads.every((pad) => pad === padTop);
  return [
    `${kernelH}x${kernelW}`,
    ...pairWords('stride', strideH, strideW),
    ...pairWords('dilation', dilationH, dilationW),
    ...(pads.every((pad) => pad === 0) ? [] : [`pad ${isEven ? padTop : pads.join(' ')}`]),
  ].join(', ');
}

function pairWords(word: string, high: number, wide: number): readonly string[] {
  if (high === 1 && wide === 1) return [];
  return [`${word} ${high === wide ? high : `${high}x${wide}`}`];
}

function clampWords(clamp: Clamp | undefined): readonly string[] {
  if (clamp === undefined) return [];
  const { lo, hi } = clamp;
  if (lo === 0 && hi === undefined) return ['relu'];
  if (lo === 0 && hi === 6) return ['relu6'];
  return [`clamp ${lo ?? ''}..${hi ?? ''}`];
}
