import type { Diagnostic } from '../support/diagnostics.js';

export function unknownModelKind(path: string, reason: string): Diagnostic {
  return {
    code: 'E464',
    alias: 'unknown-model-kind',
    severity: 'error',
    subject: `model '${path}'`,
    text: reason,
    hint: "give a model in Heddle's own format (NAME.json with NAME.safetensors beside it), NAME.onnx or NAME.tflite",
  };
}
