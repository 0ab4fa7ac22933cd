import type { Plan } from './plan.js';

/** How large a network is to be. */
export interface Size {
  /** Height of the picture in pixels, and its width where the network does not say otherwise. */
  readonly input: number;
  /** Factor for the channels of all layers but of the last one. */
  readonly width: number;
}

/** Builds a network of a size. */
export type Architect = (size: Size) => Plan;
