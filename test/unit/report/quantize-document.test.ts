import { expect, test } from 'vitest';
import { quantizeDocument, quantizeText } from '../../../src/report/quantize-document.js';

const LONG = `first/${'Conv2D;'.repeat(20)}`;

test('what quantize did, its layers and its outputs; long names are shortened in the text only', () => {
  const layer = { op: 'conv', tensor: 'y', element: 'uint8', scale: 0.012345, zeroPoint: 3 };
  const document = quantizeDocument(
    {
      frames: 1,
      layers: [
        { ...layer, node: LONG, snrDb: 31.26 },
        { ...layer, node: 'exact' },
      ],
      outputs: [
        { tensor: 'classes', snrDb: 20, top1Agreement: 0.975 },
        { tensor: 'map', snrDb: 33.33 },
      ],
    },
    {
      ...{ model: 'net', output: 'net.json', weightBits: 8, layerWeightBits: { exact: 4 }, activationBits: 8 },
      ...{ requantBits: 18, rangeMethod: 'mse', percentile: undefined, equalisation: true, biasCorrection: false },
    },
  );
  expect(document.layers[0]?.node).toBe(LONG);
  expect(document.top1Agreement).toBe(0.975);
  expect(quantizeText(document)).toBe(`quantised net to net.json with 1 calibration frame
8-bit weights (exact 4), 8-bit activations, 18-bit multipliers, ranges by mse, channels equalised

node                                          op    type     scale  zero point      SNR
first/Conv2D;Conv2D;Conv2D;Conv2D;Conv2D;Co…  conv  uint8  0.01235           3  31.3 dB
exact                                         conv  uint8  0.01235           3    exact

output 'classes': best class as in float in 97.50 % of the frames, signal to noise 20.0 dB
output 'map': signal to noise 33.3 dB
`);
});
