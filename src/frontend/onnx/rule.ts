import type { AttributeSpecs, AttributeValues } from './attributes.js';
import { type Call, refuseNode } from './call.js';

/** How one operator is imported, in the opsets from..to of its domain. */
export interface OperatorRule {
  readonly from: number;
  /** Last opset whose definition this is; the newest known one where left out. */
  readonly to?: number;
  /** All attributes of these opsets that have a meaning here; any other one is refused. */
  readonly attributes: AttributeSpecs;
  readonly inputs: OperandCount;
  readonly outputs: OperandCount;
  readonly run: (call: Call) => void;
  /** Computes the outputs where all inputs are constants; `run` where left out. */
  readonly fold?: (call: Call) => void;
  /** Whether `fold` takes quantised constants as they are; otherwise it sees the real values that they stand for. */
  readonly foldsQuantised?: boolean;
  /** `run` only refuses: there is no operator for what flows through the network. */
  readonly constantsOnly?: boolean;
}

/** `min` operands are there; those from `min` to `max` may be missing, or left out by an empty name. */
export interface OperandCount {
  readonly min: number;
  readonly max: number;
}

export const ONE: OperandCount = { min: 1, max: 1 };
export const TWO: OperandCount = { min: 2, max: 2 };
export const MANY: OperandCount = { min: 1, max: Number.POSITIVE_INFINITY };

interface Outline<S extends AttributeSpecs> {
  readonly from: number;
  readonly to?: number;
  readonly attributes?: S;
  readonly inputs?: OperandCount;
  readonly outputs?: OperandCount;
  readonly run: (call: Call<AttributeValues<S>>) => void;
  readonly fold?: (call: Call<AttributeValues<S>>) => void;
  readonly foldsQuantised?: boolean;
}

/** A rule of operators that are known for constants only: what flows through the network is refused. */
export function constantRule<S extends AttributeSpecs = Record<never, never>>(
  outline: Omit<Outline<S>, 'run'>,
): OperatorRule {
  const refuse = (call: Call): never =>
    refuseNode(
      call,
      'it computes on what flows through the network, but is known for constants only',
      'replace it when exporting, or cut the network there',
    );
  return { ...rule({ ...outline, run: refuse }), constantsOnly: true };
}

/** A rule whose functions see their own attributes; whoever calls them has read just these. */
export function rule<S extends AttributeSpecs = Record<never, never>>(outline: Outline<S>): OperatorRule {
  const { from, to, attributes = {}, inputs = ONE, outputs = ONE, run, fold, foldsQuantised } = outline;
  return {
    from,
    ...(to === undefined ? {} : { to }),
    attributes,
    inputs,
    outputs,
    run: run as (call: Call) => void,
    ...(fold === undefined ? {} : { fold: fold as (call: Call) => void }),
    ...(foldsQuantised === undefined ? {} : { foldsQuantised }),
  };
}

/** The rules of some operators of one domain, by operator type; those of one type cover different opsets. */
export type RuleTable = Readonly<Record<string, readonly OperatorRule[]>>;
