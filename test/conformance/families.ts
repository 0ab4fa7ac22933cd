/** Operators whose cases with pictures have to pass, by the names of the cases, and what is excepted of them. */
export interface Family {
  readonly name: string;
  readonly cases: RegExp;
  /** Cases of these names that the family does not promise, with the reason. */
  readonly except: readonly (readonly [RegExp, string])[];
}

const ONE_OR_THREE: readonly [RegExp, string] = [/_[13]d(?:_|$)/, 'its maps have one or three axes'];

function family(name: string, cases: RegExp, ...except: Family['except']): Family {
  return { name, cases, except };
}

export const FAMILIES: readonly Family[] = [
  family('Conv', /^test_(?:basic_)?conv_/),
  family('ConvInteger', /^test_(?:basic_)?convinteger/),
  family('ConvTranspose', /^test_convtranspose/, ONE_OR_THREE),
  family('QLinearConv', /^test_qlinearconv/),
  family('QLinearMatMul', /^test_qlinearmatmul/, [/_3D$/, 'both operands are batches of matrices']),
  family('QuantizeLinear', /^test_quantizelinear/),
  family('DequantizeLinear', /^test_dequantizelinear/),
  family('MaxPool', /^test_maxpool/, ONE_OR_THREE, [/_with_argmax_/, 'its indices are asked for']),
  family('AveragePool', /^test_averagepool/, ONE_OR_THREE),
  family('global pools', /^test_global(?:average|max)pool/),
  family('Gemm', /^test_gemm/),
  family('BatchNormalization', /^test_batchnorm/, [/_training_mode$/, 'it is trained']),
  family('LRN', /^test_lrn/),
  family('Relu, LeakyRelu, PRelu', /^test_(?:relu|leakyrelu|prelu)/),
  family('Clip', /^test_clip/, [/_int8_/, 'it is one of integers']),
  family('Sigmoid, Tanh, Elu, HardSigmoid, HardSwish', /^test_(?:sigmoid|tanh|elu|hardsigmoid|hardswish)(?:_|$)/),
  family('Flatten', /^test_flatten/),
  family('Reshape', /^test_reshape/, [/_allowzero_/, 'its tensors are empty']),
  family('Transpose', /^test_transpose/),
  family('Pad', /^test_(?:constant|edge|reflect)_pad/),
  family('ReduceMean', /^test_reduce_mean/),
  family('DepthToSpace', /^test_depthtospace/),
  family('Concat', /^test_concat/),
];
