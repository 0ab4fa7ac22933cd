import { expect } from 'vitest';
import { type Channel, match, offer, type Process, settle, take, takeNext } from '../../src/schedule/token-network.js';
import { takenClocks, wholeChannel } from '../unit/schedule/whole-channel.js';
import { type BenchPoint, benchProblems, randomIntegers, runBench } from './bench.js';
import { innerStream } from './cells.js';

/**
 * Holds a token rule to its module clock by clock: sources and sink are opened and shut by fixed patterns, in the RTL
 * and in the model alike, and the clock in which each beat is taken has to be the same in both.
 */

const STAMP_BITS = 16;
const PATTERN_BITS = 64;

/** Open in clock t where bit t % 64 is set. A source that has offered a beat goes on until it is taken. */
type Pattern = readonly boolean[];

export interface StampPort {
  /** Prefix of the module's stream; where it takes several as one port, any name. */
  readonly prefix: string;
  readonly lanes: number;
  readonly bits: number;
  /** Beats of the whole run. */
  readonly beats: number;
}

export interface StampPoint {
  readonly name: string;
  readonly module: string;
  readonly parameters: Readonly<Record<string, number | string>>;
  readonly inputs: readonly StampPort[];
  readonly output: StampPort;
  readonly process: (inputs: readonly Channel[], output: Channel) => Process;
}

/** How often sources and sink are open, of 64 clocks. */
const DENSITIES: readonly (readonly [number, number])[] = [
  [64, 64],
  [64, 24],
  [20, 64],
  [40, 44],
];

function makePattern(open: number, seed: number): Pattern {
  const order = randomIntegers(PATTERN_BITS, 0, 2 ** 30, seed);
  const ranked = Array.from(order, (key, place) => ({ key, place })).sort((a, b) => a.key - b.key);
  const chosen = new Set(ranked.slice(0, open).map(({ place }) => place));
  return Array.from({ length: PATTERN_BITS }, (_, place) => chosen.has(place));
}

function firstOpen(pattern: Pattern, from: number): number {
  let clock = from;
  while (pattern[clock % PATTERN_BITS] !== true) clock++;
  return clock;
}

function gatedSource(output: Channel, count: number, pattern: Pattern): Process {
  return {
    name: 'source',
    inputs: [],
    outputs: [output],
    advance() {
      let moved = match(output);
      for (; output.offered < count && output.gone === output.offered; moved = true) {
        const previous = output.taken[(output.gone - 1) & output.mask] as number;
        offer(output, firstOpen(pattern, previous + 1));
        match(output);
      }
      return moved;
    },
  };
}

function gatedSink(input: Channel, pattern: Pattern): Process {
  return {
    name: 'sink',
    inputs: [input],
    outputs: [],
    advance() {
      for (let moved = false; ; moved = true) {
        const offered = takeNext(input, 0);
        if (offered === undefined) return moved;
        take(input, firstOpen(pattern, offered));
      }
    },
  };
}

interface Gates {
  readonly sources: readonly Pattern[];
  readonly sink: Pattern;
}

/** Clocks in which the model takes the beats of each input and of the output. */
function modelStamps(
  point: StampPoint,
  gates: Gates,
): { inputs: readonly (readonly number[])[]; output: readonly number[] } {
  const inputs = point.inputs.map(({ beats }) => wholeChannel(beats));
  const output = wholeChannel(point.output.beats);
  settle([
    ...inputs.map((input, i) => gatedSource(input, point.inputs[i]?.beats ?? 0, gates.sources[i] as Pattern)),
    point.process(inputs, output),
    gatedSink(output, gates.sink),
  ]);
  return { inputs: inputs.map(takenClocks), output: takenClocks(output) };
}

/** A $readmemh file of the patterns: sources first, then the sink. */
function patternFile({ sources, sink }: Gates): string {
  const word = (pattern: Pattern): string =>
    [...pattern]
      .reverse()
      .map((open) => (open ? '1' : '0'))
      .join('');
  return [...sources, sink].map((pattern) => `${BigInt(`0b${word(pattern)}`).toString(16)}\n`).join('');
}

function portLines(prefix: string, width: number): string {
  return `    input wire ${prefix}_tvalid, output wire ${prefix}_tready, input wire [${width - 1}:0] ${prefix}_tdata,`;
}

function stampLines(prefix: string): string {
  return `    output wire ${prefix}_tvalid, input wire ${prefix}_tready, output wire [${STAMP_BITS - 1}:0] ${prefix}_tdata`;
}

function gateLines({ prefix, lanes, bits }: StampPort, index: number): string {
  return `
  wire ${prefix}_open;
  wire ${prefix}_go;
  reg ${prefix}_pending;
  wire [63:0] ${prefix}_gate = gates[${index}];
  wire [${lanes * bits - 1}:0] ${prefix}_data = ${prefix}_tdata;
  assign ${prefix}_open = ${prefix}_tvalid && (${prefix}_pending || ${prefix}_gate[clock[5:0]]);
  assign ${prefix}_tready = ${prefix}_open && ${prefix}_go;
  assign t_${prefix}_tvalid = ${prefix}_open && ${prefix}_go;
  assign t_${prefix}_tdata = clock;
  always @(posedge clk) ${prefix}_pending <= !rst && ${prefix}_open && !${prefix}_go;`;
}

/** One input has ports of its own; several are one port, the first in the low bits. */
function connectLines(inputs: readonly StampPort[]): string {
  const nets = (net: string): string =>
    inputs
      .map(({ prefix }) => `${prefix}_${net}`)
      .reverse()
      .join(', ');
  const only = inputs.length === 1 ? inputs[0]?.prefix : 's_axis';
  return `.${only}_tvalid({${nets('open')}}), .${only}_tready({${nets('go')}}), .${only}_tdata({${nets('data')}})`;
}

/** The module with gates around it; its outputs are the clocks in which beats are taken. */
function stampModule(name: string, point: StampPoint): string {
  const set = Object.entries(point.parameters).map(([key, value]) => `.${key}(${value})`);
  const { inputs, output } = point;
  return `${HEADER}
module ${name} (
    input wire clk, input wire rst,
${inputs.map(({ prefix, lanes, bits }) => portLines(prefix, lanes * bits)).join('\n')}
${[...inputs.map(({ prefix }) => stampLines(`t_${prefix}`)), stampLines('m_axis')].join(',\n')}
);
  reg [63:0] gates [0:${inputs.length}];
  initial $readmemh("${name}.hex", gates);
  reg [${STAMP_BITS - 1}:0] clock_reg;
  wire [${STAMP_BITS - 1}:0] clock = clock_reg;
  reg started_reg;
  wire started = started_reg || ${inputs.map(({ prefix }) => `${prefix}_tvalid`).join(' || ')};
  always @(posedge clk) begin
    started_reg <= !rst && started;
    clock_reg <= rst || !started ? 0 : clock_reg + 1;
  end
${inputs.map(gateLines).join('\n')}
  wire [63:0] sink_gate = gates[${inputs.length}];
  wire sink_open = sink_gate[clock[5:0]];
  wire given;
  assign m_axis_tvalid = given && sink_open;
  assign m_axis_tdata = clock;
  ${point.module} #(${set.join(', ')}) u_dut (
    .clk(clk), .rst(rst),
    ${connectLines(inputs)},
    .${output.prefix}_tvalid(given), .${output.prefix}_tready(sink_open), .${output.prefix}_tdata()
  );
endmodule
`;
}

// The wrapper's own counters are wider than the ports they meet, and it leaves open what it does not look at; the module under
// test is linted strictly on its own.
const HEADER =
  '/* verilator lint_off WIDTH */\n/* verilator lint_off PINCONNECTEMPTY */\n/* verilator lint_off UNUSED */\n';

const moduleName = (index: number): string => `stamp_${index}`;

/** One run's streams of a point: noise in, and the clocks that the model gives as what is expected. */
function stampPoint(point: StampPoint, index: number, gates: Gates): BenchPoint {
  const { inputs, output } = modelStamps(point, gates);
  expect(output.length, `${point.name}: output beats of the model`).toBe(point.output.beats);
  return {
    name: point.name,
    module: moduleName(index),
    parameters: {},
    inputs: point.inputs.map(({ prefix, lanes, bits, beats }) =>
      innerStream(prefix, lanes, bits, beats, randomIntegers(beats * lanes, 0, 2 ** bits - 1, index)),
    ),
    outputs: [
      ...point.inputs.map(({ prefix, beats }, i) => innerStream(`t_${prefix}`, 1, STAMP_BITS, beats, inputs[i] ?? [])),
      innerStream('m_axis', 1, STAMP_BITS, point.output.beats, output),
    ],
  };
}

/** What points need beside rtl/, by file name. */
interface StampFiles {
  readonly memoryFiles?: ReadonlyMap<string, string>;
  readonly extraFiles?: ReadonlyMap<string, string>;
}

/** Expects every point's beats to be taken in the clocks that its process says, under each pair of densities. */
export async function expectTokenRules(points: readonly StampPoint[], files: StampFiles = {}): Promise<void> {
  const modules = points.map((point, p): [string, string] => [`${moduleName(p)}.v`, stampModule(moduleName(p), point)]);
  const extraFiles = new Map([...(files.extraFiles ?? []), ...modules]);
  for (const [d, [source, sink]] of DENSITIES.entries()) {
    const gates = points.map(
      ({ inputs }, p): Gates => ({
        sources: inputs.map((_, i) => makePattern(source, 100 * p + 10 * d + i)),
        sink: makePattern(sink, 100 * p + 10 * d + 9),
      }),
    );
    const patterns = gates.map((gate, p): [string, string] => [`${moduleName(p)}.hex`, patternFile(gate)]);
    const runs = await runBench({
      points: points.map((point, p) => stampPoint(point, p, gates[p] as Gates)),
      frames: 1,
      extraFiles,
      memoryFiles: new Map([...(files.memoryFiles ?? []), ...patterns]),
      stalls: [{ source: 0, sink: 0 }],
      seeds: [1],
    });
    expect(benchProblems(runs), `sources open ${source} of ${PATTERN_BITS} clocks, sinks ${sink}`).toEqual([]);
  }
}
