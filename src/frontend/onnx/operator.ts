import { type Diagnostic, HeddleError } from '../../support/diagnostics.js';
import type { Suggester } from '../../support/text.js';
import { readAttributes } from './attributes.js';
import { type Call, define } from './call.js';
import { dequantisedConstant } from './fold.js';
import { missingInput, type NodeSpot, noSuchTensor, operatorVersion, unknownOperator, wrongCount } from './messages.js';
import type { NodeProto, TensorProto } from './model-proto.js';
import { DOMAINS, OPERATOR_RULES } from './registry.js';
import type { OperandCount, OperatorRule } from './rule.js';
import { readTensor } from './tensors.js';
import { ABSENT, UNKNOWN, type Value } from './values.js';
import type { Workspace } from './workspace.js';

/** The operator set that a domain's name stands for. */
export function domainOf(name: string): string {
  return name === 'ai.onnx' ? '' : name;
}

/** Unnamed nodes are known by their first output. */
export function nodeName({ name, output }: NodeProto): string {
  return name === '' ? (output.find((tensor) => tensor !== '') ?? '(no name)') : name;
}

export function spotOf(work: Workspace, node: NodeProto): NodeSpot {
  return { file: work.files.file, node: nodeName(node), opType: node.opType };
}

/**
 * Imports one node, whose inputs come before it. What is wrong with it is collected; its outputs are then unknown, and
 * so is what follows from them: one mistake gives one message.
 */
export function importNode(work: Workspace, node: NodeProto, initializers: ReadonlyMap<string, TensorProto>): void {
  const spot = spotOf(work, node);
  const problems: Diagnostic[] = [];
  const inputs = withoutTrailing(node.input).map((name) => operandValue(work, name, initializers, spot, problems));
  const domain = domainOf(node.domain);
  const opset = work.opsets.get(domain) ?? DOMAINS.get(domain)?.most ?? 0;
  const rule = findRule(spot, domain, opset, work.suggest, problems);
  work.problems.addAll(problems);
  if (rule !== undefined)
    work.problems.addAll(run(rule, { node, spot, opset, attributes: {}, inputs, work, isTail: work.tail.has(node) }));
  for (const name of node.output) if (name !== '' && !work.values.has(name)) work.values.set(name, UNKNOWN);
}

/** Operands that are left out at the end are none. */
function withoutTrailing(names: readonly string[]): readonly string[] {
  const last = names.findLastIndex((name) => name !== '');
  return names.slice(0, last + 1);
}

function operandValue(
  work: Workspace,
  name: string,
  initializers: ReadonlyMap<string, TensorProto>,
  spot: NodeSpot,
  problems: Diagnostic[],
): Value {
  if (name === '') return ABSENT;
  const known = work.values.get(name);
  if (known !== undefined) return known;
  const proto = initializers.get(name);
  const value = proto === undefined ? UNKNOWN : readInitializer(work, name, proto);
  if (proto === undefined) {
    problems.push(
      noSuchTensor(
        spot,
        name,
        work.suggest(name, () => [...initializers.keys(), ...work.values.keys()]),
      ),
    );
  }
  work.values.set(name, value);
  return value;
}

function readInitializer(work: Workspace, name: string, proto: TensorProto): Value {
  try {
    return readTensor(proto, name, work.files);
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    work.problems.addAll(error.diagnostics);
    return UNKNOWN;
  }
}

function findRule(
  spot: NodeSpot,
  domain: string,
  opset: number,
  suggest: Suggester,
  problems: Diagnostic[],
): OperatorRule | undefined {
  const table = OPERATOR_RULES.get(domain);
  const rules = table?.get(spot.opType);
  if (rules === undefined) {
    problems.push(unknownOperator(spot, domain, unknownHint(spot, domain, suggest)));
    return undefined;
  }
  const rule = rules.find(({ from, to = Number.POSITIVE_INFINITY }) => from <= opset && opset <= to);
  if (rule === undefined) problems.push(operatorVersion(spot, opset, knownOpsets(rules)));
  return rule;
}

/** Operators with graphs of their own. */
const CONTROL_FLOW: ReadonlySet<string> = new Set(['If', 'Loop', 'Scan', 'SequenceMap']);

function unknownHint({ opType }: NodeSpot, domain: string, suggest: Suggester): string {
  if (CONTROL_FLOW.has(opType)) return 'hardware has no control flow: export the network without it, or unrolled';
  const suggestion = suggest(opType, () => OPERATOR_RULES.get(domain)?.keys() ?? []);
  const fix = 'replace it when exporting, or cut the network there';
  return suggestion === '' ? fix : `${suggestion} If not, ${fix}`;
}

function knownOpsets(rules: readonly OperatorRule[]): string {
  return rules.map(({ from, to }) => (to === undefined ? `${from} and newer` : `${from} to ${to}`)).join(', ');
}

/** What the node is refused with. */
function run(rule: OperatorRule, call: Call): readonly Diagnostic[] {
  const { node, spot, opset, inputs } = call;
  const { values: attributes, problems } = readAttributes(node.attribute, rule.attributes, spot, opset);
  const found = [...countProblems(call, rule), ...problems];
  if (found.length > 0 || inputs.some(({ kind }) => kind === 'unknown')) return found;
  try {
    if (isPassed(call)) return [];
    if (rule.fold !== undefined && inputs.every(({ kind }) => kind !== 'flowing')) {
      const known = rule.foldsQuantised === true ? inputs : inputs.map((value) => realValue(call, value));
      rule.fold({ ...call, attributes, inputs: known });
    } else {
      rule.run({ ...call, attributes });
    }
    return [];
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    return error.diagnostics;
  }
}

function realValue(call: Call, value: Value): Value {
  return value.kind === 'quantised' ? dequantisedConstant(call, value) : value;
}

/**
 * Behind an arg-max that was left out nothing is computed any more, and logits, which a file would give the scale of
 * probabilities, are not rescaled.
 */
function isPassed(call: Call): boolean {
  const [first] = call.inputs;
  if (first?.kind !== 'flowing' || first.pastEnd === undefined) return false;
  const rescales = /^(?:Cast|QuantizeLinear|DequantizeLinear)$/.test(call.node.opType);
  if (first.pastEnd === 'logits' && !rescales) return false;
  define(call, first, first.tensor);
  return true;
}

function countProblems({ node, spot }: Call, rule: OperatorRule): readonly Diagnostic[] {
  const inputs = withoutTrailing(node.input);
  const problems = [
    ...countProblem(spot, 'input', rule.inputs, inputs.length),
    ...countProblem(spot, 'output', rule.outputs, withoutTrailing(node.output).length),
  ];
  if (problems.length > 0) return problems;
  return inputs.slice(0, rule.inputs.min).flatMap((name, index) => (name === '' ? [missingInput(spot, index)] : []));
}

function countProblem(
  spot: NodeSpot,
  what: 'input' | 'output',
  { min, max }: OperandCount,
  got: number,
): readonly Diagnostic[] {
  if (got >= min && got <= max) return [];
  const wanted = min === max ? `${min}` : Number.isFinite(max) ? `${min} to ${max}` : `${min} or more`;
  return [wrongCount(spot, what, wanted, got)];
}
