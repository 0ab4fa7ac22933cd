import { nodeSubject } from '../../ir/messages.js';
import { type Diagnostic, HeddleError } from '../../support/diagnostics.js';
import { type Call, defineOutput } from './call.js';
import {
  CONTRADICTION,
  danglingOperand,
  operandCount,
  operandsDoNotFit,
  operatorVersion,
  type Spot,
  tensorSource,
  unsupportedOperator,
} from './messages.js';
import type { FileOperator, FileTensor } from './model.js';
import { readOptions } from './options.js';
import { CONTROL_FLOW, OPERATOR_RULES } from './registry.js';
import type { OperandCount, OperatorRule } from './rule.js';
import { constantValue, isConstant, readNumbers, tensorProblems } from './tensors.js';
import { elementOf, type Value } from './value.js';
import type { Workspace } from './workspace.js';

/**
 * Imports one operator. What is wrong with it is collected; its outputs are then taken as they are declared, so that
 * the operators behind it are checked as well.
 */
export function importOperator(work: Workspace, operator: FileOperator): void {
  const outputs = operator.outputs.flatMap((index) => work.model.tensors[index] ?? []);
  const spot = spotOf(work, operator, outputs);
  const problems: Diagnostic[] = [...outputProblems(work, operator, outputs, spot)];
  const inputs = operator.inputs.map((index) => (index < 0 ? undefined : operandValue(work, index, spot, problems)));
  const rule = OPERATOR_RULES.get(operator.kind);
  const form = rule === undefined ? [unknownOperator(spot, operator)] : formProblems(operator, rule, spot);
  const call: Call = { operator, spot, options: {}, inputs, outputs, work };
  const isSound = problems.length === 0 && form.length === 0;
  work.problems.addAll([...problems, ...form, ...(isSound && rule !== undefined ? run(call, rule) : [])]);
  for (const tensor of outputs) {
    if (!work.values.has(tensor.index)) work.values.set(tensor.index, declaredValue(work, tensor));
  }
}

function spotOf(work: Workspace, { index, kind, customName }: FileOperator, outputs: readonly FileTensor[]): Spot {
  const [output] = outputs;
  const name = kind === 'CUSTOM' ? `CUSTOM '${customName}'` : kind;
  const subject =
    output === undefined
      ? `operator ${index} (${name})`
      : `${nodeSubject(output.name)} (${name}, tensor ${output.index})`;
  return { place: { file: work.file, pointer: `operator ${index}` }, subject };
}

function unknownOperator(spot: Spot, { kind }: FileOperator): Diagnostic {
  if (kind === 'CUSTOM') {
    const fix = 'cut the network before it, or export it with builtin operators';
    return unsupportedOperator(spot, 'custom operators have no definition that could be imported', fix);
  }
  if (CONTROL_FLOW.has(kind))
    return unsupportedOperator(
      spot,
      'control flow and calls of other subgraphs have no engine',
      'export the network inlined',
    );
  return unsupportedOperator(spot, 'this operator is not supported', 'replace it, or cut the network there');
}

/** What can be said of an operator without its operands' values. */
function formProblems(operator: FileOperator, rule: OperatorRule, spot: Spot): readonly Diagnostic[] {
  const { version, inputs, outputs } = operator;
  const { min, max } = rule.inputs;
  const leftOut = inputs.findIndex((index, at) => index < 0 && (at < min || !Number.isFinite(max)));
  const missing = `operand ${leftOut} is left out, but it must be there`;
  return [
    ...(version > rule.versions ? [operatorVersion(spot, version, rule.versions)] : []),
    ...countProblems(spot, 'input', rule.inputs, inputs.length),
    ...(leftOut < 0 ? [] : [operandsDoNotFit(spot, missing, CONTRADICTION)]),
    ...countProblems(spot, 'output', rule.outputs, outputs.length),
    ...readOptions(spot, operator, rule.options).problems,
  ];
}

function countProblems(
  spot: Spot,
  what: 'input' | 'output',
  { min, max }: OperandCount,
  got: number,
): readonly Diagnostic[] {
  if (got >= min && got <= max) return [];
  const wanted = min === max ? `${min}` : Number.isFinite(max) ? `${min} to ${max}` : `${min} or more`;
  return [operandCount(spot, what, wanted, got)];
}

/** Each tensor has one source. */
function outputProblems(
  work: Workspace,
  { outputs: indices }: FileOperator,
  outputs: readonly FileTensor[],
  spot: Spot,
): readonly Diagnostic[] {
  const problems = outputs.flatMap((tensor, at) => {
    const taken = work.values.get(tensor.index);
    const isTwice = indices.indexOf(tensor.index) !== at;
    if (taken !== undefined || isTwice || tensor.bytes.length > 0) {
      const reason = tensor.bytes.length > 0 ? 'a constant' : 'made by something else too';
      return [tensorSource(spot, `its output, tensor '${tensor.name}', is ${reason}`)];
    }
    return tensorProblems(tensor, work.spotOf(tensor));
  });
  return indices.includes(-1) ? [...problems, tensorSource(spot, 'an output of it is left out')] : problems;
}

/** What an operator reads. */
function operandValue(work: Workspace, index: number, spot: Spot, problems: Diagnostic[]): Value | undefined {
  const known = work.values.get(index);
  const tensor = work.model.tensors[index];
  if (known !== undefined || tensor === undefined) return known;
  const value = isConstant(tensor) ? readConstant(work, tensor) : declaredValue(work, tensor);
  if (isConstant(tensor)) work.values.set(index, value);
  else problems.push(danglingOperand(spot, `tensor '${tensor.name}' (${index})`, missingReason(work, index)));
  return value;
}

function missingReason(work: Workspace, index: number): string {
  const maker = work.makers.get(index);
  return maker === undefined ? 'which nothing provides' : `which only operator ${maker} makes`;
}

function readConstant(work: Workspace, tensor: FileTensor): Value {
  try {
    return constantValue(tensor, work);
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    work.problems.addAll(error.diagnostics);
    return declaredValue(work, tensor);
  }
}

/** What the file says of a tensor whose maker was refused: a message for it has been given. */
export function declaredValue(work: Workspace, file: FileTensor): Value {
  const plain = { name: file.element, element: elementOf(file.element), quant: undefined };
  let numbers = plain as Value['numbers'];
  try {
    numbers = readNumbers(file, work.spotOf(file));
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    work.problems.addAll(error.diagnostics);
  }
  return { file, shape: file.shape, numbers, tensor: file.name, isUnknown: true };
}

/** The operator's own rule, on operands that are there; what it refuses it with. */
function run(call: Call, rule: OperatorRule): readonly Diagnostic[] {
  const [first] = call.inputs;
  // Behind an arg-max that was left out nothing is computed any more.
  if (first?.standIn === 'scores' && first.tensor !== undefined) {
    defineOutput(call, 0, first, first.tensor);
    return [];
  }
  const { values: options } = readOptions(call.spot, call.operator, rule.options);
  const isConstantOnly = call.inputs.every((value) => value === undefined || value.data !== undefined);
  try {
    if (rule.fold !== undefined && isConstantOnly) rule.fold({ ...call, options });
    else rule.run({ ...call, options });
    return [];
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    return error.diagnostics;
  }
}
