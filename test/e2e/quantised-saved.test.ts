import { describe, expect, it } from 'vitest';
import { prepareInteger } from '../../src/execute/integer/execute-integer.js';
import { quantizeInputs } from '../../src/quantize/compare.js';
import { quantizeGraph } from '../../src/quantize/quantize-graph.js';
import { defined } from '../../src/support/invariant.js';
import { loadFloat, QUANTISED_CASES, saveAndLoad } from '../accuracy/quantised-models.js';
import { filesOf, labelledFrames } from '../accuracy/tflite-models.js';

const MODEL = 'resnet-cifar10/resnet20_cifar10.onnx';
const CALIBRATION_FRAMES = 4;

describe('a network that is quantised, saved and loaded', () => {
  const entry = defined(
    QUANTISED_CASES.find(({ model }) => model === MODEL),
    MODEL,
  );
  const files = filesOf(entry);
  const why = files === undefined ? ' (skipped: the shared models and data are not beside the checkout)' : '';

  it.runIf(files !== undefined)(`ResNet-20 computes the same integers for every picture${why}`, () => {
    if (files === undefined) return;
    const model = loadFloat(entry, files.model);
    const { source } = labelledFrames(entry, files, model, Number.POSITIVE_INFINITY);
    const { tensor } = defined(model.inputs[0], 'the input');
    const frame = (i: number) => new Map([[tensor, source.frame(i)]]);
    const calibration = Array.from({ length: CALIBRATION_FRAMES }, (_, i) => frame(i * 50));
    const { graph } = quantizeGraph(model, calibration);
    const saved = saveAndLoad(graph);
    expect(saved.savesAlike).toBe(true);
    const [before, after] = [graph, saved.graph].map((network) => prepareInteger(network));
    for (let i = 0; i < source.count; i++) {
      const inputs = quantizeInputs(graph, frame(i));
      expect([...(after?.run(inputs) ?? [])], `picture ${i}`).toEqual([...(before?.run(inputs) ?? [])]);
    }
    expect(source.count).toBe(200);
  });
});
