import type { OpKind, PadMode } from '../../ir/op.js';

/** The model format as TypeScript sees it; schemas/model.schema.json is the definition. */

export const FORMAT_VERSION = 1;

export type Layout = 'nhwc' | 'nchw';

export interface QuantizationJson {
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  readonly axis?: 0;
}

export interface InputJson {
  readonly tensor: string;
  readonly shape: readonly number[];
  readonly type: string;
  readonly quantization?: QuantizationJson;
  readonly layout?: Layout;
  readonly preprocessing?: { readonly mean: readonly number[]; readonly std: readonly number[]; readonly bgr: boolean };
}

export interface OutputJson {
  readonly tensor: string;
  readonly layout?: Layout;
  readonly classOffset?: number;
}

export interface TensorJson {
  readonly constant?: true;
  readonly shape?: readonly number[];
  readonly type: string;
  readonly quantization?: QuantizationJson;
}

type Pair = readonly [number, number];

/** The union of all operators' attributes; the schema says which has which. */
export interface AttributesJson {
  readonly kernel?: Pair;
  readonly stride?: Pair;
  readonly dilation?: Pair;
  readonly pad?: readonly [number, number, number, number];
  readonly groups?: number;
  readonly countIncludePad?: boolean;
  readonly epsilon?: number;
  readonly lo?: number;
  readonly hi?: number;
  readonly clamp?: { readonly lo?: number; readonly hi?: number };
  readonly outputPad?: Pair;
  /** Of a local response normalisation the channels, of a slice the extents. */
  readonly size?: number | readonly number[];
  readonly alpha?: number;
  readonly beta?: number;
  readonly bias?: number;
  readonly slope?: number;
  readonly axis?: number;
  readonly begin?: readonly number[];
  readonly step?: readonly number[];
  readonly before?: readonly number[];
  readonly after?: readonly number[];
  readonly mode?: PadMode;
  readonly value?: number;
  readonly perm?: readonly number[];
  readonly shape?: readonly number[];
  readonly factor?: Pair;
  readonly block?: number;
  /** Of depth-to-space a name, of permute-channels the channels. */
  readonly order?: 'depth-first' | 'column-first' | readonly number[];
  readonly axes?: readonly number[];
  readonly keepDims?: boolean;
}

export interface NodeJson {
  readonly name: string;
  readonly op: OpKind;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: AttributesJson;
}

export interface ModelJson {
  readonly formatVersion: number;
  readonly name: string;
  readonly weights?: string;
  readonly requantBits?: number;
  readonly inputs: readonly InputJson[];
  readonly outputs: readonly OutputJson[];
  readonly tensors: Readonly<Record<string, TensorJson>>;
  readonly nodes: readonly NodeJson[];
}
