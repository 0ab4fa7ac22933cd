import { streamDataBits } from '../../src/simulate/wrapper.js';
import type { BenchPoint, BenchStream } from './bench.js';

/**
 * Benches of modules whose streams are packed vectors (`s_axis_tvalid[1:0]` and so on): each point gets a wrapper with a
 * port a stream, `s0_axis`, `s1_axis` ... and `m0_axis` ..., which is what the harness drives. The wrapper can also slow
 * the streams down, in a pattern that a model can follow.
 */

export interface PackedPoint extends BenchPoint {
  /** Each stream goes by paceOpen; without random stalls only. */
  readonly paced?: boolean;
}

interface PackedBench {
  readonly points: readonly BenchPoint[];
  readonly extraFiles: ReadonlyMap<string, string>;
}

/** Clocks after reset that are clock 0 of the paces, when the harness is surely under way. */
const START = 8;

/** For PACE_CLOCKS clocks after each other a stream moves every n-th clock at most; stream i begins with entry i. */
const PACE_CLOCKS = 16;
const PACES = { s: [1, 1, 2, 1, 3, 1, 4], m: [1, 3, 1, 2, 2, 1, 5] } as const;

type Side = keyof typeof PACES;

const paceOf = (side: Side, stream: number, phase: number): number =>
  PACES[side][(phase + stream) % PACES[side].length] ?? 1;

/** Whether input `stream` may offer one beat more from this clock on (s), or output `stream` take one in it (m). */
export function paceOpen(side: Side, stream: number, clock: number): boolean {
  return clock % paceOf(side, stream, Math.floor(clock / PACE_CLOCKS)) === 0;
}

function paceExpression(side: Side, stream: number): string {
  const phases = PACES[side].map((_, phase) => `phase == ${phase} ? ${paceOf(side, stream, phase)} : `);
  return `cycle >= 0 && cycle % (${phases.join('')}1) == 0`;
}

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

/** A net for each end of each stream at the module: valid and ready go through the gate that slows them down. */
function gateLines(point: PackedPoint): readonly string[] {
  const gated = (side: Side, i: number, open: string): readonly string[] => {
    const [from, to] =
      side === 's' ? [`${side}${i}_axis`, `${side}${i}_inner`] : [`${side}${i}_inner`, `${side}${i}_axis`];
    return [
      `    wire ${side}${i}_inner_tvalid, ${side}${i}_inner_tready;`,
      `    wire ${side}${i}_open = ${open};`,
      `    assign ${to}_tvalid = ${from}_tvalid && ${side}${i}_open;`,
      `    assign ${from}_tready = ${to}_tready && ${side}${i}_open;`,
    ];
  };
  const { paced = false } = point;
  const sources = point.inputs.flatMap((_, i) =>
    paced
      ? [
          `    integer due_${i};`,
          `    wire signed [31:0] pace_${i} = ${paceExpression('s', i)} ? 1 : 0;`,
          `    wire signed [31:0] gone_${i} = s${i}_inner_tvalid && s${i}_inner_tready ? 1 : 0;`,
          `    always @(posedge clk) due_${i} <= rst ? 0 : due_${i} + pace_${i} - gone_${i};`,
          ...gated('s', i, `due_${i} + pace_${i} > 0`),
        ]
      : gated('s', i, "1'b1"),
  );
  const sinks = point.outputs.flatMap((_, i) => gated('m', i, paced ? paceExpression('m', i) : "1'b1"));
  const clock = [
    '    integer cycle;',
    `    wire signed [31:0] phase = (cycle / ${PACE_CLOCKS}) % ${PACES.s.length};`,
    `    always @(posedge clk) cycle <= rst ? -${START} : cycle + 1;`,
  ];
  return [...(paced ? clock : []), ...sources, ...sinks];
}

/** The streams' nets side by side, the first in the low bits. */
function packed(streams: readonly BenchStream[], side: Side, net: string): string {
  const nets = streams.map((_, i) => `${side}${i}_${net === 'tdata' ? 'axis' : 'inner'}_${net}`).reverse();
  return `.${side}_axis_${net}({${nets.join(', ')}})`;
}

function wrapperText(name: string, point: PackedPoint): string {
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
    '`resetall',
    '`timescale 1ns / 1ps',
    `module ${name} (`,
    ['    input  wire clk', '    input  wire rst', ...ports].join(',\n'),
    ');',
    ...gateLines(point),
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
export function unpackStreams(points: readonly PackedPoint[]): PackedBench {
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
      points.map((point, index) => [`${wrapperName(point, index)}.v`, wrapperText(wrapperName(point, index), point)]),
    ),
  };
}
