import type { Diagnostic } from '../support/diagnostics.js';
import { extents, type Folding, tapChoices } from './folding.js';
import type { Layer, WindowLayer } from './layer.js';

/** One rule that a folding or a stream width breaks: what is wrong, and what would do. */
export interface Breach {
  readonly field: 'pe' | 'simd' | 'taps' | 'requantisers';
  readonly text: string;
  readonly hint: string;
}

export function isPowerOfTwo(n: number): boolean {
  return Number.isInteger(n) && n > 0 && 2 ** Math.round(Math.log2(n)) === n;
}

/** Whether one of two widths divides the other. */
export function divideOneAnother(a: number, b: number): boolean {
  return a % b === 0 || b % a === 0;
}

/** Whether a layer's engine can take its input in beats of `lanes`. */
export function acceptsLanes(layer: Layer, folding: Folding | undefined, lanes: number): boolean {
  if (layer.kind === 'depth-to-space') return layer.output.channels % lanes === 0;
  if (folding === undefined) return true;
  switch (layer.kind) {
    case 'conv':
      return (
        divideOneAnother(folding.simd, lanes) &&
        (layer.groups === 1 || (layer.input.channels / layer.groups) % lanes === 0)
      );
    case 'dense':
      return divideOneAnother(folding.simd, lanes);
    case 'depthwise':
    case 'pool':
      return divideOneAnother(folding.pe, lanes);
    default:
      return true;
  }
}

/** The widest legal input of at most `lanes`; one lane is legal everywhere. */
export function widestInput(layer: Layer, folding: Folding | undefined, lanes: number): number {
  let width = lanes;
  while (width > 1 && !acceptsLanes(layer, folding, width)) width /= 2;
  return width;
}

/** Every rule that a folding breaks for its layer, with output beats of `lanesOut`. */
export function foldingBreaches(layer: WindowLayer, folding: Folding, lanesOut: number): readonly Breach[] {
  const breaches: Breach[] = [];
  const extent = extents(layer);
  const { pe, simd, taps, requantisers } = folding;
  const within = (field: 'pe' | 'simd', value: number, largest: number, what: string): void => {
    if (!Number.isInteger(value) || value < 1 || value > largest)
      breaches.push({
        field,
        text: `${field} is ${value}, outside 1..${largest} (${what})`,
        hint: `choose a whole number from 1 to ${largest}`,
      });
  };
  within('pe', pe, extent.pe, layer.kind === 'conv' ? 'output channels of a group' : 'channels');
  within('simd', simd, extent.simd, layer.kind === 'conv' ? 'input channels of a group' : 'inputs');
  const choices = tapChoices(layer);
  if (!choices.includes(taps))
    breaches.push({
      field: 'taps',
      text: `taps is ${taps}, which is not one of ${choices.join(', ')}`,
      hint: 'take one kernel position, one kernel column, or the whole kernel at once',
    });
  if (!isPowerOfTwo(requantisers) || requantisers > lanesOut || !requantisersFit(layer, folding))
    breaches.push({
      field: 'requantisers',
      text: `${requantisers} requantisers do not fit pe ${pe}${extent.groups > 1 ? ` with ${extent.pe} output channels a group` : ''} and ${lanesOut} output lanes`,
      hint: `choose a power of two up to ${lanesOut} that divides the results of a fold (${pe * extent.multiplier})${extent.groups > 1 ? ` and of a group (${extent.pe})` : ''}`,
    });
  return breaches;
}

/** Chunks of results must start at a multiple of their size in the output pixel. */
export function requantisersFit(layer: WindowLayer, folding: Pick<Folding, 'pe' | 'requantisers'>): boolean {
  const extent = extents(layer);
  const results = folding.pe * extent.multiplier;
  const several = folding.pe < extent.pe;
  // The next power of two takes a whole fold at once; more would never be used.
  if (folding.requantisers >= 2 * results) return false;
  if (several && results % folding.requantisers !== 0) return false;
  return extent.groups === 1 || (extent.pe * extent.multiplier) % folding.requantisers === 0;
}

export function illegalFolding(layer: string, breach: Breach, place: Diagnostic['place']): Diagnostic {
  return {
    code: 'E420',
    alias: 'illegal-folding',
    severity: 'error',
    subject: `layer '${layer}'`,
    text: breach.text,
    hint: breach.hint,
    ...(place === undefined ? {} : { place }),
  };
}
