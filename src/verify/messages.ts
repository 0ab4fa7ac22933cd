import type { Diagnostic } from '../support/diagnostics.js';
import { didYouMean } from '../support/text.js';

/** Messages of verification: E490..E499. */

export function noSuchLayer(name: string, layers: readonly string[]): Diagnostic {
  const shown = layers.slice(0, 12).map((layer) => `'${layer}'`);
  const more = layers.length > shown.length ? ` and ${layers.length - shown.length} more (heddle inspect)` : '';
  return {
    code: 'E490',
    alias: 'no-such-layer',
    severity: 'error',
    subject: `--layers`,
    text: `the network has no layer '${name}' after its passes`,
    hint: didYouMean(name, layers) || `the layers are ${shown.join(', ')}${more}`,
  };
}
