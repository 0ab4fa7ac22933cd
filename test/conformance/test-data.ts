import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { decodeMessage, decodeModel } from '../../src/frontend/onnx/decode.js';
import { type ModelProto, TENSOR_PROTO, type TensorProto } from '../../src/frontend/onnx/model-proto.js';
import { readTensor } from '../../src/frontend/onnx/tensors.js';
import type { Constant } from '../../src/frontend/onnx/values.js';

/** The operator cases of the ONNX project, as Debian's package libonnx-testdata installs them. */

const PACKAGE = 'libonnx-testdata';

/** Why there are no cases, for people. */
export const NO_CASES = `the package ${PACKAGE} is not installed: node scripts/ensure-tools.mjs --conformance`;

export interface InstalledCases {
  /** Name and version of the package. */
  readonly version: string;
  /** The folders of the cases by their names, sorted. */
  readonly folders: ReadonlyMap<string, string>;
}

/** Undefined where the package is not installed. */
export function installedCases(): InstalledCases | undefined {
  const folder = askPackages('--listfiles', PACKAGE)
    ?.split('\n')
    .find((path) => path.endsWith('/data/node'));
  // One line: the name and the version, with a tab between them.
  const version = askPackages('--show', PACKAGE)?.trim().replace('\t', '-');
  if (folder === undefined || version === undefined) return undefined;
  const names = readdirSync(folder).sort();
  return { version, folders: new Map(names.map((name) => [name, join(folder, name)])) };
}

function askPackages(...args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('dpkg-query', args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  return status === 0 ? stdout : undefined;
}

export interface OperatorCase {
  readonly name: string;
  readonly model: ModelProto;
  /** In the order of the graph's inputs and outputs; undefined where the file holds no tensor but a sequence, say. */
  readonly inputs: readonly (TensorProto | undefined)[];
  readonly outputs: readonly (TensorProto | undefined)[];
}

export function readCase(folder: string): OperatorCase {
  const name = basename(folder);
  return {
    name,
    model: decodeModel(readFileSync(join(folder, 'model.onnx')), name),
    inputs: readTensors(folder, 'input'),
    outputs: readTensors(folder, 'output'),
  };
}

/** Cases have one set of data each. */
function readTensors(folder: string, role: 'input' | 'output'): readonly (TensorProto | undefined)[] {
  const data = join(folder, 'test_data_set_0');
  const count = readdirSync(data).filter((file) => file.startsWith(`${role}_`)).length;
  return Array.from({ length: count }, (_, i) => readProto(join(data, `${role}_${i}.pb`)));
}

function readProto(path: string): TensorProto | undefined {
  try {
    return decodeMessage(readFileSync(path), path, TENSOR_PROTO) as unknown as TensorProto;
  } catch {
    return undefined;
  }
}

/** The numbers of a tensor that stands in the case itself. */
export function tensorValue(proto: TensorProto): Constant {
  const read = (location: string): never => {
    throw new Error(`a test case wants the file ${location}`);
  };
  return readTensor(proto, proto.name, { file: proto.name, read });
}
