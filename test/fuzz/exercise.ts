import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepareNetwork } from '../../src/execute/run-model.js';
import { allocate } from '../../src/execute/tensor-access.js';
import type { Graph, GraphNode } from '../../src/ir/graph.js';
import type { Tensor } from '../../src/ir/tensor.js';
import { elementCount, type TensorType } from '../../src/ir/tensor-type.js';
import { importModelFile, networkOf } from '../../src/load.js';
import type { InspectDocument } from '../../src/report/inspect-document.js';
import { type Diagnostic, formatDiagnostic, HeddleError } from '../../src/support/diagnostics.js';
import { defined } from '../../src/support/invariant.js';
import { cli } from '../unit/cli/host.js';
import type { FileSet, Format } from './formats.js';
import { NPY_MODEL } from './npy-subjects.js';

/**
 * What a user does with a file, on the command line: `inspect`, and where the model is small enough one frame; an
 * array is run through a model. All of it has to end well, or with status 2 and a message.
 */

export interface Outcome {
  /** `refused`: status 2, or a message about what cannot be computed. */
  readonly kind: 'clean' | 'refused' | 'failed';
  /** What was refused, or went wrong. */
  readonly detail: string;
}

const CLEAN: Outcome = { kind: 'clean', detail: '' };

export async function exercise(folder: string, format: Format, { main, files }: FileSet): Promise<Outcome> {
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
  const path = join(folder, main);
  try {
    if (format === 'npy') return (await command(['run', join(folder, NPY_MODEL), '--input', path, '--json'])).outcome;
    const { outcome, document } = await command(['inspect', path, '--json']);
    if (outcome.kind !== 'clean') return outcome;
    const { blockers, parameters } = document as InspectDocument;
    const blocker = blockers.find(({ stage }) => stage === 'network');
    if (blocker !== undefined) return refused([blocker.problem]);
    return parameters > MOST_ELEMENTS ? CLEAN : runOneFrame(path);
  } catch (error) {
    return { kind: 'failed', detail: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function refused([first]: readonly Diagnostic[]): Outcome {
  return { kind: 'refused', detail: first === undefined ? '' : formatDiagnostic(first) };
}

interface Ended {
  readonly outcome: Outcome;
  readonly document: unknown;
}

async function command(args: readonly string[]): Promise<Ended> {
  const { status, stdout, stderr } = await cli(args, { HEDDLE_DEBUG: '1' });
  const document = JSON.parse(stdout) as { readonly errors?: readonly Diagnostic[] };
  if (status === 0) return { outcome: CLEAN, document };
  const { errors = [] } = document;
  const isSaid = errors.length > 0 && errors.every(({ text }) => text.length > 0 && !/undefined|\[object/.test(text));
  if (status === 2 && isSaid && stderr !== '') return { outcome: refused(errors), document };
  return { outcome: { kind: 'failed', detail: `status ${status}: ${stderr}` }, document };
}

/** Cost of a frame up to which it is run. */
const MOST_OPERATIONS = 2e6;
const MOST_ELEMENTS = 2 ** 21;

function runOneFrame(path: string): Outcome {
  try {
    const { graph } = networkOf(importModelFile(path));
    if (!isSmall(graph)) return CLEAN;
    prepareNetwork(graph).run(new Map(graph.inputs.map(({ tensor }) => [tensor, frame(typeOf(graph, tensor))])));
    return CLEAN;
  } catch (error) {
    if (error instanceof HeddleError) return refused(error.diagnostics);
    throw error;
  }
}

function typeOf(graph: Graph, tensor: string): TensorType {
  return defined(graph.types.get(tensor), `the type of '${tensor}'`);
}

function isSmall(graph: Graph): boolean {
  const elements = [...graph.types.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const operations = graph.nodes.reduce((sum, node) => sum + nodeOperations(graph, node), 0);
  return elements <= MOST_ELEMENTS && operations <= MOST_OPERATIONS;
}

/** At most as many multiplications as this: every output reads its window, and all of a weight's inputs. */
function nodeOperations(graph: Graph, { op, inputs, outputs }: GraphNode): number {
  const counts = [...inputs, ...outputs].map((name) => elementCount(typeOf(graph, name).shape));
  const largest = Math.max(...counts);
  const window = 'kernelH' in op ? op.kernelH * op.kernelW : 1;
  const hasWeight = op.kind === 'conv' || op.kind === 'dense' || op.kind === 'conv-transpose';
  const depth = hasWeight ? (typeOf(graph, inputs[1] ?? '').shape.at(-1) ?? 1) : 1;
  return largest * (op.kind === 'local-response-norm' ? op.size : window * depth);
}

/** Ones, which every element type has. */
function frame(type: TensorType): Tensor {
  return { type, data: allocate(type.element, elementCount(type.shape)).fill(1) };
}
