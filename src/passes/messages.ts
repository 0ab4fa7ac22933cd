import { nodeSubject } from '../ir/messages.js';
import type { Diagnostic } from '../support/diagnostics.js';

/** Messages of the passes: E360..E369. */

export function cannotFoldBatchNorm(node: string, shape: readonly number[]): Diagnostic {
  return {
    code: 'E360',
    alias: 'cannot-fold-batch-norm',
    severity: 'error',
    subject: nodeSubject(node),
    text: `it normalises a vector of the shape [${shape.join(', ')}] that is not the output of a dense layer which it alone reads, so there is nothing to fold it into`,
    hint: 'fold it into the layer behind it when the model is exported, or apply it to a feature map [H, W, C]',
  };
}

export function onlyDeadReaders(input: string): Diagnostic {
  return {
    code: 'E361',
    alias: 'only-dead-readers',
    severity: 'error',
    subject: `input '${input}'`,
    text: 'no output of the network depends on it',
    hint: 'remove the input and the nodes that read it, or list what they compute under outputs',
  };
}
