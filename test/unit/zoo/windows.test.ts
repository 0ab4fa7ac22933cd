import { describe, expect, it } from 'vitest';
import { windowOutputs } from '../../../src/ir/window.js';
import { windowOf } from '../../../src/zoo/windows.js';

describe('windows in the words of papers', () => {
  it('have the kernel in the middle where nothing is said', () => {
    expect(windowOf(7, { stride: 2 }, [224, 224])).toMatchObject({ strideH: 2, padTop: 3, padLeft: 3, padBottom: 3 });
    expect(windowOf([1, 7], {}, [17, 17])).toMatchObject({
      kernelH: 1,
      padTop: 0,
      kernelW: 7,
      padLeft: 3,
      padRight: 3,
    });
    expect(windowOf(3, { dilation: 2 }, [9, 9])).toMatchObject({ dilationW: 2, padTop: 2, padBottom: 2 });
  });

  it('have the odd pixel of padding behind, and as many outputs as strides begin, where they are the same', () => {
    expect(windowOf(3, { stride: 2, pad: 'same' }, [224, 225])).toMatchObject({
      ...{ padTop: 0, padBottom: 1 },
      ...{ padLeft: 1, padRight: 1 },
    });
    expect(windowOf([10, 4], { stride: 2, pad: 'same' }, [49, 10])).toMatchObject({
      padTop: 4,
      padBottom: 5,
      padLeft: 1,
    });
  });

  it.each([
    [112, 56],
    [113, 56],
    [114, 57],
  ])('reach beyond %i pixels where they may, for %i outputs', (extent, outputs) => {
    const window = windowOf(3, { stride: 2, pad: 0, ceil: true }, [extent, extent]);
    expect(windowOutputs(window, extent, extent)).toEqual({ outH: outputs, outW: outputs });
  });
});
