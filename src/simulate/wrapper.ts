import { invariant } from '../support/invariant.js';

/** The stream that a port carries, in beats. */
export interface StreamShape {
  /** Elements a beat. */
  readonly lanes: number;
  readonly elementBits: number;
  /** Width of tdata; lanes * elementBits, rounded up to bytes, when left out (as on a top-level port). */
  readonly dataBits?: number;
  readonly beatsPerFrame: number;
  /** Channels of a pixel; in a pixel's last beat the lanes past them are not compared. All lanes count when left out. */
  readonly channels?: number;
  /** The port has tlast. */
  readonly hasLast: boolean;
  /** The port has a one-bit tuser. Sinks and probes only. */
  readonly hasUser?: boolean;
}

/** An AXI4-Stream port of the design under test: `<prefix>_tvalid`, `_tready`, `_tdata`, `_tlast`, `_tuser`. */
export interface StreamPort extends StreamShape {
  readonly name: string;
  readonly prefix: string;
}

/** A stream inside the design: `<path>_tvalid` and so on, relative to the instance: `u_conv1.m_axis`. */
export interface InnerStream extends StreamShape {
  readonly name: string;
  readonly path: string;
}

export interface ActivityBit {
  readonly name: string;
  /** A one-bit net relative to the instance: `u_conv1.status_active`. */
  readonly path: string;
}

/** One instance of a design in the simulation's top. */
export interface SimInstance {
  readonly module: string;
  /** Instance name, unique in the top. */
  readonly instance: string;
  /** Put before every name in the layout, `label/name`; the names stand alone when left out. */
  readonly label?: string;
  /** [name, Verilog literal]. */
  readonly parameters: readonly (readonly [string, string])[];
  /** Slave ports, which the harness drives. */
  readonly sources: readonly StreamPort[];
  /** Master ports, which the harness drains. */
  readonly sinks: readonly StreamPort[];
  readonly probes: readonly InnerStream[];
  readonly activities: readonly ActivityBit[];
  /** Other ports: [port, Verilog expression], '' for an output that is left open. */
  readonly tieOffs: readonly (readonly [string, string])[];
}

export interface EndpointSlot {
  readonly name: string;
  readonly driveWord: number;
  /** Index into `probes` of the stream that this end is on. */
  readonly stream: number;
}

export interface ProbeSlot {
  readonly name: string;
  readonly observeWord: number;
  readonly lanes: number;
  readonly elementBits: number;
  readonly dataBits: number;
  /** 0: all lanes are compared. */
  readonly channels: number;
  readonly beatsPerFrame: number;
  readonly hasLast: boolean;
}

export interface ActivitySlot {
  readonly name: string;
  readonly observeWord: number;
  readonly bit: number;
}

/** Where everything lies in hd_sim_top's two vectors, in 32-bit words. */
export interface SimLayout {
  readonly driveWords: number;
  readonly observeWords: number;
  readonly sources: readonly EndpointSlot[];
  readonly sinks: readonly EndpointSlot[];
  /** Streams of all sources, then sinks, then inner streams, instance by instance. */
  readonly probes: readonly ProbeSlot[];
  readonly activities: readonly ActivitySlot[];
}

export interface SimTop {
  readonly text: string;
  readonly layout: SimLayout;
}

export const SIM_TOP_MODULE = 'hd_sim_top';
export const SIM_TOP_FILE = 'hd_sim_top.sv';

/** Verilator keeps vectors of up to two words in plain integers; from three on they are arrays of words, like `observe`. */
const LEAST_WORDS = 3;

const wordsOf = (bits: number): number => Math.ceil(bits / 32);

/** Width of tdata in bits. */
export function streamDataBits(shape: StreamShape): number {
  return shape.dataBits ?? Math.ceil((shape.lanes * shape.elementBits) / 8) * 8;
}

/** The top under construction; local to one call of makeSimTop. */
interface Draft {
  readonly lines: string[];
  driveWords: number;
  observeWords: number;
  readonly sources: EndpointSlot[];
  readonly sinks: EndpointSlot[];
  readonly probes: ProbeSlot[];
  readonly activities: ActivitySlot[];
}

interface StreamNets {
  readonly valid: string;
  readonly ready: string;
  readonly last: string;
  readonly user: string;
  readonly data: string;
  /** `bits` of the data from bit `low` on. */
  readonly dataPart: (low: number, bits: number) => string;
}

function hierarchicalNets(path: string, shape: StreamShape): StreamNets {
  return {
    valid: `${path}_tvalid`,
    ready: `${path}_tready`,
    last: shape.hasLast ? `${path}_tlast` : "1'b0",
    user: shape.hasUser === true ? `${path}_tuser` : "1'b0",
    data: `${path}_tdata`,
    dataPart: (low, bits) => `${path}_tdata[${low} +: ${bits}]`,
  };
}

function observe(draft: Draft, word: string): void {
  draft.lines.push(`  assign observe[${draft.observeWords++}] = ${word};`);
}

/** A stream's data as expressions of 32 bits, the last one padded with zeros. */
function splitIntoWords(nets: StreamNets, dataBits: number): readonly string[] {
  return Array.from({ length: wordsOf(dataBits) }, (_, word) => {
    const bits = Math.min(32, dataBits - 32 * word);
    const part = nets.dataPart(32 * word, bits);
    return bits === 32 ? part : `{${32 - bits}'b0, ${part}}`;
  });
}

function addProbe(draft: Draft, name: string, shape: StreamShape, nets: StreamNets): number {
  const dataBits = streamDataBits(shape);
  invariant(dataBits >= shape.lanes * shape.elementBits, `stream ${name}: ${dataBits} bits do not hold its lanes`);
  const observeWord = draft.observeWords;
  observe(draft, `{28'b0, ${nets.user}, ${nets.last}, ${nets.ready}, ${nets.valid}}`);
  for (const word of splitIntoWords(nets, dataBits)) observe(draft, word);
  const { lanes, elementBits, beatsPerFrame, hasLast } = shape;
  const channels = shape.channels ?? 0;
  return draft.probes.push({ name, observeWord, lanes, elementBits, dataBits, channels, beatsPerFrame, hasLast }) - 1;
}

function addSource(draft: Draft, name: string, port: StreamPort, net: string): readonly string[] {
  const driveWord = draft.driveWords;
  const dataBits = streamDataBits(port);
  const nets: StreamNets = {
    valid: `drive[${32 * driveWord}]`,
    ready: `${net}_tready`,
    last: port.hasLast ? `drive[${32 * driveWord + 1}]` : "1'b0",
    user: "1'b0",
    data: `drive[${32 * (driveWord + 1)} +: ${dataBits}]`,
    dataPart: (low, bits) => `drive[${32 * (driveWord + 1) + low} +: ${bits}]`,
  };
  draft.lines.push(`  wire ${net}_tready;`);
  draft.driveWords += 1 + wordsOf(dataBits);
  draft.sources.push({ name, driveWord, stream: addProbe(draft, name, port, nets) });
  const last = port.hasLast ? [`.${port.prefix}_tlast(${nets.last})`] : [];
  return [
    `.${port.prefix}_tvalid(${nets.valid})`,
    `.${port.prefix}_tready(${nets.ready})`,
    `.${port.prefix}_tdata(${nets.data})`,
    ...last,
  ];
}

function addSink(draft: Draft, name: string, port: StreamPort, net: string): readonly string[] {
  const driveWord = draft.driveWords;
  const nets: StreamNets = { ...hierarchicalNets(net, port), ready: `drive[${32 * driveWord}]` };
  draft.lines.push(`  wire ${net}_tvalid;`, `  wire [${streamDataBits(port) - 1}:0] ${net}_tdata;`);
  if (port.hasLast) draft.lines.push(`  wire ${net}_tlast;`);
  if (port.hasUser === true) draft.lines.push(`  wire ${net}_tuser;`);
  draft.driveWords += 1;
  draft.sinks.push({ name, driveWord, stream: addProbe(draft, name, port, nets) });
  return [
    `.${port.prefix}_tvalid(${nets.valid})`,
    `.${port.prefix}_tready(${nets.ready})`,
    `.${port.prefix}_tdata(${nets.data})`,
    ...(port.hasLast ? [`.${port.prefix}_tlast(${nets.last})`] : []),
    ...(port.hasUser === true ? [`.${port.prefix}_tuser(${nets.user})`] : []),
  ];
}

/** Packs the activity bits of all instances into words of their own. */
function addActivities(draft: Draft, bits: readonly ActivityBit[]): void {
  for (let start = 0; start < bits.length; start += 32) {
    const group = bits.slice(start, start + 32);
    const { observeWords: observeWord } = draft;
    const padding = group.length < 32 ? [`${32 - group.length}'b0`] : [];
    const nets = [...padding, ...group.map((bit) => bit.path).reverse()];
    observe(draft, `{${nets.join(', ')}}`);
    draft.activities.push(...group.map(({ name }, bit) => ({ name, observeWord, bit })));
  }
}

const joined = (items: readonly string[]): string => items.map((item) => `\n    ${item}`).join(',');

function addInstance(draft: Draft, dut: SimInstance): void {
  const named = (name: string): string => (dut.label === undefined ? name : `${dut.label}/${name}`);
  const connections = [
    '.clk(clk)',
    '.rst(rst)',
    ...dut.sources.flatMap((port) => addSource(draft, named(port.name), port, `${dut.instance}_${port.prefix}`)),
    ...dut.sinks.flatMap((port) => addSink(draft, named(port.name), port, `${dut.instance}_${port.prefix}`)),
    ...dut.tieOffs.map(([port, expression]) => `.${port}(${expression})`),
  ];
  const overrides = joined(dut.parameters.map(([name, literal]) => `.${name}(${literal})`));
  const parameters = overrides === '' ? '' : `#(${overrides}\n  ) `;
  draft.lines.push(`  ${dut.module} ${parameters}${dut.instance} (${joined(connections)}\n  );`);
  for (const probe of dut.probes) {
    addProbe(draft, named(probe.name), probe, hierarchicalNets(`${dut.instance}.${probe.path}`, probe));
  }
}

function activitiesOf(dut: SimInstance): readonly ActivityBit[] {
  return dut.activities.map(({ name, path }) => ({
    name: dut.label === undefined ? name : `${dut.label}/${name}`,
    path: `${dut.instance}.${path}`,
  }));
}

function checkNames(what: string, items: readonly { readonly name: string }[]): void {
  const seen = new Set<string>();
  for (const { name } of items) {
    invariant(!seen.has(name), `two ${what} of the simulation are called '${name}'`);
    invariant(!/[\n\r]/.test(name) && name !== '', `a name of ${what} is empty or has a line break`);
    seen.add(name);
  }
}

function renderTop(draft: Draft, driveWords: number, observeWords: number): string {
  const padding = Array.from({ length: observeWords - draft.observeWords }, (_, i) => draft.observeWords + i);
  const lines = [
    '// Written by Heddle: wires designs under test to the harness in sim/.',
    '`timescale 1ns / 1ps',
    '`default_nettype none',
    '// An output that the harness has no use for is left open.',
    '/* verilator lint_off PINCONNECTEMPTY */',
    `module ${SIM_TOP_MODULE} (`,
    '  input wire clk,',
    '  input wire rst,',
    `  input wire [${32 * driveWords - 1}:0] drive,`,
    // An array of words: parts of one wide vector become a chain of concatenations, each copying all of it.
    `  output wire [31:0] observe [0:${observeWords - 1}]`,
    ');',
    "  wire unused_drive = &{1'b0, drive};",
    ...draft.lines,
    ...padding.map((word) => `  assign observe[${word}] = 32'b0;`),
    'endmodule',
    '`default_nettype wire',
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * The module hd_sim_top around one or more designs, and where the harness finds everything in it.
 * Each design has the ports clk and rst beside its streams; anything else needs a tie-off.
 */
export function makeSimTop(instances: readonly SimInstance[]): SimTop {
  const draft: Draft = {
    lines: [],
    driveWords: 0,
    observeWords: 0,
    sources: [],
    sinks: [],
    probes: [],
    activities: [],
  };
  for (const dut of instances) addInstance(draft, dut);
  addActivities(draft, instances.flatMap(activitiesOf));
  checkNames('streams', draft.probes);
  checkNames('activities', draft.activities);
  const driveWords = Math.max(LEAST_WORDS, draft.driveWords);
  const observeWords = Math.max(LEAST_WORDS, draft.observeWords);
  const { sources, sinks, probes, activities } = draft;
  return {
    text: renderTop(draft, driveWords, observeWords),
    layout: { driveWords, observeWords, sources, sinks, probes, activities },
  };
}
