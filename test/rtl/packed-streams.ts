import { streamDataBits } from '../../src/simulate/wrapper.js';
import type { BenchPoint, BenchStream } from './bench.js';

/**
 * Benches of modules whose streams are packed vectors (`s_axis_tvalid[1:0]` and so on): each point gets a wrapper with a
 * port a stream, `s0_axis`, `s1_axis` ... and `m0_axis` ..., which is what the harness drives.
 */

interface PackedBench {
  readonly points: readonly BenchPoint[];
  readonly extraFiles: ReadonlyMap<string, string>;
}

type Side = 's' | 'm';

const bits = (stream: BenchStream): number => streamDataBits({ ...stream, elementBits: stream.bits, hasLast: false });

const named = (streams: readonly BenchStream[], side: Side): readonly BenchStream[] =>
  streams.map((stream, i) => ({ ...stream, prefix: `${side}${i}_axis` }));

function portLines(streams: readonly BenchStream[], side: Side): readonly string[] {
  const [forward, backward] = side === 's' ? ['input ', 'output'] : ['output', 'input '];
  return streams.flatMap((stream, i) => [
    `    ${forward} wire ${side}${i}_axis_tvalid`,
    `    ${backward} wire ${side}${i}_axis_tready`,
    `    ${forward} wire [${bits(stream) - 1}:0] ${side}${i}_axis_tdata`,
  ]);
}

/** The streams' nets side by side, the first in the low bits. */
function packed(streams: readonly BenchStream[], side: Side, net: string): string {
  const nets = streams.map((_, i) => `${side}${i}_axis_${net}`).reverse();
  return `.${side}_axis_${net}({${nets.join(', ')}})`;
}

function wrapperText(name: string, point: BenchPoint): string {
  const sides = [
    [point.inputs, 's'],
    [point.outputs, 'm'],
  ] as const;
  const parameters = Object.entries(point.parameters).map(([key, value]) => `.${key}(${value})`);
  const ports = sides.flatMap(([streams, side]) => portLines(streams, side));
  const connections = sides.flatMap(([streams, side]) =>
    ['tvalid', 'tready', 'tdata'].map((net) => packed(streams, side, net)),
  );
  return [
    `module ${name} (`,
    ['    input  wire clk', '    input  wire rst', ...ports].join(',\n'),
    ');',
    `    ${point.module} #(${parameters.join(', ')}) u_packed (`,
    ['.clk(clk)', '.rst(rst)', ...connections].map((line) => `        ${line}`).join(',\n'),
    '    );',
    'endmodule',
    '',
  ].join('\n');
}

/** A parameter of 32 bits an entry, the first in the low bits. */
export function packedParameter(values: readonly number[]): string {
  const words = values.map((value) => (value >>> 0).toString(16).padStart(8, '0')).reverse();
  return `${32 * values.length}'h${words.join('')}`;
}

/** The points with a port a stream, and the Verilog that makes it so. */
export function unpackStreams(points: readonly BenchPoint[]): PackedBench {
  const wrapperName = (point: BenchPoint, index: number): string => `fixture_${point.module}_${index}`;
  return {
    points: points.map((point, index) => ({
      ...point,
      module: wrapperName(point, index),
      parameters: {},
      inputs: named(point.inputs, 's'),
      outputs: named(point.outputs, 'm'),
    })),
    extraFiles: new Map(
      points.map((point, index) => [
        `${wrapperName(point, index)}.v`,
        `\`resetall\n\`timescale 1ns / 1ps\n${wrapperText(wrapperName(point, index), point)}`,
      ]),
    ),
  };
}
