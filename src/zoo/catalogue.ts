import { alexnet, nin, squeezenet, vgg16, vgg19, zfnet } from './networks/classic.js';
import { ssdMobilenetV1, tinyYoloV3, unet } from './networks/dense-prediction.js';
import { densenet121 } from './networks/densenet.js';
import { efficientnetB0, mobilenetV3Small } from './networks/gated.js';
import { googlenet } from './networks/googlenet.js';
import { inceptionResnetV2 } from './networks/inception-resnet.js';
import { inceptionV2 } from './networks/inception-v2.js';
import { inceptionV3 } from './networks/inception-v3.js';
import { inceptionV4 } from './networks/inception-v4.js';
import { mobilenetV1, mobilenetV2 } from './networks/mobilenet.js';
import { resnet18, resnet50, resnet152 } from './networks/resnet.js';
import { shufflenet, shufflenetV2 } from './networks/shufflenet.js';
import { dsCnn, lenet5, mlp, perceptron, resnet8, resnet20 } from './networks/small.js';
import { xception } from './networks/xception.js';
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
  /** Parameters that are counted here and were not there, or the other way round where negative; the note says why. */
  readonly difference?: number;
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

/** All networks: those for small pictures, for ImageNet, kind by kind, and for segmentation and detection. */
export const CATALOGUE: Readonly<Record<string, ZooNetwork>> = {
  perceptron: {
    build: perceptron,
    input: { usual: 28, least: 8 },
    source: 'Rosenblatt, The perceptron, 1958; one layer for MNIST',
    published: {},
  },
  mlp: {
    build: mlp,
    input: { usual: 28, least: 8 },
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
  alexnet: {
    build: alexnet,
    input: { usual: 227, least: 67 },
    width: 1,
    source: 'Krizhevsky et al., ImageNet classification with deep convolutional neural networks, 2012',
    published: { macs: 724e6, parameters: 60_965_224 },
  },
  zfnet: {
    build: zfnet,
    input: { usual: 224, least: 64 },
    width: 1,
    source: 'Zeiler and Fergus, Visualizing and understanding convolutional networks, 2013',
    published: {},
  },
  nin: {
    build: nin,
    input: { usual: 227, least: 67 },
    width: 1,
    source: 'Lin et al., Network in network, 2013',
    published: {},
  },
  vgg16: {
    build: vgg16,
    input: IMAGENET,
    width: 1,
    source: 'Simonyan and Zisserman, Very deep convolutional networks, 2014',
    published: { macs: 15.5e9, parameters: 138_357_544 },
  },
  vgg19: {
    build: vgg19,
    input: IMAGENET,
    width: 1,
    source: 'Simonyan and Zisserman, Very deep convolutional networks, 2014',
    published: { macs: 19.6e9, parameters: 143_667_240 },
  },
  googlenet: {
    build: googlenet,
    input: IMAGENET,
    width: 1,
    source: 'Szegedy et al., Going deeper with convolutions, 2014',
    published: { parameters: 6_998_552 },
  },
  'inception-v2': {
    build: inceptionV2,
    input: IMAGENET,
    width: 1,
    source: 'Ioffe and Szegedy, Batch normalization, 2015',
    published: {
      macs: 2.02e9,
      parameters: 11_295_240,
      difference: -10_016,
      note: 'the published model has biases before its normalisations, which do nothing',
    },
  },
  'inception-v3': {
    build: inceptionV3,
    input: { usual: 299, least: 75 },
    width: 1,
    source: 'Szegedy et al., Rethinking the Inception architecture, 2015',
    published: { macs: 5.7e9, parameters: 23_834_568 },
  },
  'inception-v4': {
    build: inceptionV4,
    input: { usual: 299, least: 75 },
    width: 1,
    source: 'Szegedy et al., Inception-v4, Inception-ResNet and the impact of residual connections, 2016',
    published: { macs: 12.3e9, parameters: 42_679_816 },
  },
  'inception-resnet-v2': {
    build: inceptionResnetV2,
    input: { usual: 299, least: 75 },
    width: 1,
    source: 'Szegedy et al., Inception-v4, Inception-ResNet and the impact of residual connections, 2016',
    published: { macs: 13.2e9, parameters: 55_843_464 },
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
    published: {
      macs: 2.87e9,
      parameters: 7_978_856,
      note: 'work with the normalisations that stay layers, one multiplication an element',
    },
  },
  xception: {
    build: xception,
    input: { usual: 299, least: 71 },
    width: 1,
    source: 'Chollet, Xception, 2016',
    published: { macs: 8.4e9, parameters: 22_855_952 },
  },
  squeezenet: {
    build: squeezenet,
    input: IMAGENET,
    width: 1,
    source: 'Iandola et al., SqueezeNet, 2016; version 1.1',
    published: { macs: 0.35e9, parameters: 1_235_496 },
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
  'mobilenet-v3-small': {
    build: mobilenetV3Small,
    input: IMAGENET,
    width: 1,
    source: 'Howard et al., Searching for MobileNetV3, 2019',
    published: { macs: 56e6, parameters: 2_542_856 },
  },
  'efficientnet-b0': {
    build: efficientnetB0,
    input: IMAGENET,
    width: 1,
    source: 'Tan and Le, EfficientNet, 2019',
    published: { parameters: 5_288_548, note: 'work published as 0.39 G, of two digits' },
  },
  shufflenet: {
    build: shufflenet,
    input: IMAGENET,
    width: 1,
    source: 'Zhang et al., ShuffleNet, 2017; three groups',
    published: { macs: 137e6 },
  },
  'shufflenet-v2': {
    build: shufflenetV2,
    input: IMAGENET,
    width: 1,
    source: 'Ma et al., ShuffleNet V2, 2018',
    published: { macs: 146e6, parameters: 2_278_604 },
  },
  unet: {
    build: unet,
    input: { usual: 128, least: 32, multipleOf: 16 },
    width: 0.25,
    source: 'Ronneberger et al., U-Net, 2015',
    published: {},
  },
  'tiny-yolo-v3': {
    build: tinyYoloV3,
    input: { usual: 416, least: 64, multipleOf: 32 },
    width: 1,
    source: 'Redmon and Farhadi, YOLOv3, 2018',
    published: {
      macs: 2.785e9,
      parameters: 8_858_734,
      difference: -6_368,
      note: 'published are 5.57 G operations, two a multiply-accumulate, and a file of weights with means and variances',
    },
  },
  'ssd-mobilenet-v1': {
    build: ssdMobilenetV1,
    input: { usual: 300, least: 64 },
    width: 1,
    source: 'Liu et al., SSD, 2015; Howard et al., MobileNets, 2017',
    published: { note: 'published as 1.2 G and 6.8 M, of two digits' },
  },
};
