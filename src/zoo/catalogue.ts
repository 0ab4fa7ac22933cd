import { densenet121 } from './networks/densenet.js';
import { googlenet } from './networks/googlenet.js';
import { mobilenetV1, mobilenetV2 } from './networks/mobilenet.js';
import { resnet18, resnet50, resnet152 } from './networks/resnet.js';
import { dsCnn, lenet5, mlp, perceptron, resnet8, resnet20 } from './networks/small.js';
import type { Architect } from './size.js';

/** Heights of the picture that a network takes. */
export interface InputSizes {
  readonly usual: number;
  readonly least: number;
  /** The height has to be a multiple of this; default 1. */
  readonly multipleOf?: number;
}

/** Figures as they were published, where they were, and what is counted otherwise here. */
export interface Published {
  readonly macs?: number;
  readonly parameters?: number;
  readonly note?: string;
}

export interface ZooNetwork {
  readonly build: Architect;
  readonly input: InputSizes;
  /** The usual width multiplier; undefined where the network has none. */
  readonly width?: number;
  /** Who published it first, and when. */
  readonly source: string;
  readonly published: Published;
}

const IMAGENET: InputSizes = { usual: 224, least: 32 };

/** All networks, from the smallest kind to the largest, the way they followed each other. */
export const CATALOGUE: Readonly<Record<string, ZooNetwork>> = {
  perceptron: {
    build: perceptron,
    input: { usual: 28, least: 1 },
    source: 'Rosenblatt, The perceptron, 1958; one layer for MNIST',
    published: {},
  },
  mlp: {
    build: mlp,
    input: { usual: 28, least: 1 },
    width: 1,
    source: 'LeCun et al., Gradient-based learning applied to document recognition, 1998: LeNet-300-100',
    published: { macs: 266_200, parameters: 266_610 },
  },
  lenet5: {
    build: lenet5,
    input: { usual: 32, least: 32 },
    width: 1,
    source: 'LeCun et al., Gradient-based learning applied to document recognition, 1998',
    published: { parameters: 61_706, note: 'with all connections of the third layer, as it is built today' },
  },
  resnet8: {
    build: resnet8,
    input: { usual: 32, least: 8 },
    width: 1,
    source: 'Banbury et al., MLPerf Tiny benchmark, 2021',
    published: { macs: 12_501_632, parameters: 78_186 },
  },
  'ds-cnn': {
    build: dsCnn,
    input: { usual: 49, least: 16 },
    width: 1,
    source: 'Zhang et al., Hello edge, 2017; as in MLPerf Tiny, 2021',
    published: { macs: 2_656_768, parameters: 23_756 },
  },
  resnet20: {
    build: resnet20,
    input: { usual: 32, least: 8 },
    width: 1,
    source: 'He et al., Deep residual learning for image recognition, 2015',
    published: {},
  },
  googlenet: {
    build: googlenet,
    input: IMAGENET,
    width: 1,
    source: 'Szegedy et al., Going deeper with convolutions, 2014',
    published: { parameters: 6_998_552 },
  },
  resnet18: {
    build: resnet18,
    input: IMAGENET,
    width: 1,
    source: 'He et al., Deep residual learning for image recognition, 2015',
    published: { macs: 1.82e9, parameters: 11_689_512 },
  },
  resnet50: {
    build: resnet50,
    input: IMAGENET,
    width: 1,
    source: 'He et al., Deep residual learning for image recognition, 2015',
    published: { macs: 4.09e9, parameters: 25_557_032 },
  },
  resnet152: {
    build: resnet152,
    input: IMAGENET,
    width: 1,
    source: 'He et al., Deep residual learning for image recognition, 2015',
    published: { macs: 11.5e9, parameters: 60_192_808 },
  },
  densenet121: {
    build: densenet121,
    input: IMAGENET,
    width: 1,
    source: 'Huang et al., Densely connected convolutional networks, 2016',
    published: { macs: 2.87e9, parameters: 7_978_856 },
  },
  'mobilenet-v1': {
    build: mobilenetV1,
    input: IMAGENET,
    width: 1,
    source: 'Howard et al., MobileNets, 2017',
    published: { macs: 569e6, parameters: 4_231_976 },
  },
  'mobilenet-v2': {
    build: mobilenetV2,
    input: IMAGENET,
    width: 1,
    source: 'Sandler et al., MobileNetV2, 2018',
    published: { macs: 301e6, parameters: 3_504_872 },
  },
};
