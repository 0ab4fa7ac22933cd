import type { Diagnostic } from '../support/diagnostics.js';

export function unknownModelKind(path: string, reason: string): Diagnostic {
  return {
    code: 'E464',
    alias: 'unknown-model-kind',
    severity: 'error',
    subject: `model '${path}'`,
    text: reason,
    hint: "give a model in Heddle's own format (NAME.json with NAME.safetensors beside it), NAME.onnx, NAME.tflite, or zoo:NAME",
  };
}

export function shapesAreKnown(path: string): Diagnostic {
  return {
    code: 'E473',
    alias: 'shapes-are-known',
    severity: 'error',
    subject: `model '${path}'`,
    text: 'shapes are given for its inputs, but only ONNX files leave extents open',
    hint: 'leave --input-shape out',
  };
}
