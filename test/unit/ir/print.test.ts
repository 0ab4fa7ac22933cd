import { describe, expect, it } from 'vitest';
import { attributesText, printGraph } from '../../../src/ir/print.js';
import { floatGraph, integerGraph } from './fixtures.js';

describe('printGraph', () => {
  it('prints a float graph', () => {
    expect(printGraph(floatGraph())).toMatchInlineSnapshot(`
      "graph "small-float" requantBits=18
      input "image": 6x6x2 float32 layout=nchw mean=127.5 std=[0.3333333333333333,2] bgr=false
      constant "conv1.bias": 4 float32 hash=2aebf37b
      constant "conv1.weight": 4x3x3x2 float32 hash=730d3ea5
      constant "fc.weight": 3x16 float32 hash=637799b7
      conv "conv1" ("image", "conv1.weight", "conv1.bias") -> "conv1": 4x4x4 float32 {dilationH=1 dilationW=1 groups=1 kernelH=3 kernelW=3 padBottom=0 padLeft=0 padRight=0 padTop=0 strideH=1 strideW=1}
      relu "relu1" ("conv1") -> "relu1": 4x4x4 float32
      max-pool "pool1" ("relu1") -> "pool1": 2x2x4 float32 {dilationH=1 dilationW=1 kernelH=2 kernelW=2 padBottom=0 padLeft=0 padRight=0 padTop=0 strideH=2 strideW=2}
      flatten "flat" ("pool1") -> "flat": 16 float32
      dense "fc" ("flat", "fc.weight") -> "fc": 3 float32
      output "fc" layout=nhwc classOffset=1
      "
    `);
  });

  it('prints an integer graph', () => {
    expect(printGraph(integerGraph())).toMatchInlineSnapshot(`
      "graph "small-integer" requantBits=20
      input "image": 6x6x2 uint8 scale=0.00392156862745098 zero=3 layout=nhwc
      constant "conv1.bias": 4 int32 hash=8f0505f4
      constant "conv1.weight": 4x3x3x2 int8 scale=[0.1,0.2,0.3333333333333333,5e-324] zero=[0,0,0,0] axis=0 hash=a3502ef7
      constant "offset": 4 int8 scale=0.5 zero=-1 hash=62952269
      conv "conv1" ("image", "conv1.weight", "conv1.bias") -> "conv1": 5x4x4 uint8 scale=0.02 zero=0 {clamp=0..200 dilationH=1 dilationW=1 groups=1 kernelH=3 kernelW=3 padBottom=0 padLeft=0 padRight=0 padTop=1 strideH=1 strideW=1}
      add "sum" ("conv1", "conv1", "offset") -> "sum": 5x4x4 uint8 scale=0.04 zero=5
      requantise "out" ("sum") -> "out": 5x4x4 int4 scale=0.3 zero=-8
      output "out" layout=nhwc classOffset=0
      "
    `);
  });

  it('shortens an order of many channels', () => {
    const order = Array.from({ length: 300 }, (_, channel) => 299 - channel);
    expect(attributesText({ kind: 'permute-channels', order: order.slice(292) })).toBe('order=7,6,5,4,3,2,1,0');
    expect(attributesText({ kind: 'permute-channels', order })).toMatch(/^order=\[299,298,...300 hash=[0-9a-f]{8}\]$/);
  });

  it('shows that a constant has changed', () => {
    const graph = integerGraph();
    const before = printGraph(graph);
    const weight = graph.constants.get('conv1.weight');
    if (weight !== undefined) weight.data[5] = 1;
    expect(printGraph(graph)).not.toBe(before);
  });
});
