import type { Design, EdgeFifo } from '../hw/design.js';
import { edgeName, type Netlist, netlistOf, netOf, type Reader, streamReaders } from '../hw/netlist.js';
import { defined, InternalError } from '../support/invariant.js';
import type { PartTester } from './part-tester.js';
import { reconvergingNets, stagesAround } from './reconvergence.js';
import { pacedInterval } from './steady.js';
import { prepareRun } from './token-design.js';
import { leastThat } from './window-memory.js';

/** FIFOs on the edges where streams part or meet. */

/** Up to this depth look-up tables are the better memory, and so they are up to these bits. */
const DISTRIBUTED_BEATS = 64;
const DISTRIBUTED_BITS = 2048;

/** A FIFO of the memory that suits its size. */
export function makeFifo(depth: number, beatBits: number, chosenBy: EdgeFifo['chosenBy']): EdgeFifo {
  const small = depth <= DISTRIBUTED_BEATS || depth * beatBits <= DISTRIBUTED_BITS;
  return { depth, memory: small ? 'distributed' : 'block', chosenBy };
}

/** A way from a stream to one of its readers. */
export interface Edge {
  readonly edge: string;
  /** Bits of a beat of the FIFO on it. */
  readonly beatBits: number;
  /** Behind a fork or in front of a join, on a way that meets another one again. */
  readonly reconverges: boolean;
}

/** All edges of a design, in the order of its netlist. */
export function edgesOf(design: Design): readonly Edge[] {
  const { network, engines } = design;
  const branches = new Set<string>();
  const fifos = new Map<string, EdgeFifo>();
  for (const readers of streamReaders(network).values()) {
    for (const reader of readers) {
      const joins = reader.kind === 'engine' && defined(engines[reader.engine], 'an engine').layer.inputs.length > 1;
      const edge = edgeName(network, reader);
      if (readers.length > 1 || joins) branches.add(edge);
      fifos.set(edge, makeFifo(1, 1, 'solver'));
    }
  }
  const netlist = netlistOf({ ...design, fifos });
  const cyclic = new Set(reconvergingNets(netlist).flatMap((nets) => [...nets]));
  return netlist.stages.flatMap((stage) => {
    if (stage.kind !== 'fifo') return [];
    const net = defined(stage.inputs[0], 'a net');
    const { map, lanes } = netOf(netlist, net).type;
    const reconverges = branches.has(stage.edge) && cyclic.has(net);
    return [{ edge: stage.edge, beatBits: lanes * map.element.bits, reconverges }];
  });
}

/** Times that the memories of FIFOs are chosen anew for the depths that they need with their latencies. */
const MOST_CHOICES = 3;

/** FIFOs, and how fast a design with them is behind a source of a pace. */
export interface Buffered {
  readonly fifos: Design['fifos'];
  readonly interval: number;
  /** Whether the depths were measured with the latencies of the memories that the FIFOs have. */
  readonly settled: boolean;
}

/**
 * The design's FIFOs and such ones on the given edges that nothing there is held up: as deep as they get when they have no
 * bound, and as likely ones have the latency. Where settled, every clock stays what it was with these depths, since the
 * clocks are the least solution.
 */
export function bufferedAs(likely: Design['fifos'], design: Design, edges: readonly Edge[], target: number): Buffered {
  const unbounded = new Set(edges.map(({ edge }) => edge));
  const withDepths = (depth: (edge: string) => number | undefined): Design['fifos'] =>
    new Map([
      ...design.fifos,
      ...edges.map(
        ({ edge, beatBits }) => [edge, makeFifo(Math.max(1, depth(edge) ?? 1), beatBits, 'solver')] as const,
      ),
    ]);
  const before = withDepths((edge) => likely.get(edge)?.depth);
  const run = prepareRun(netlistOf({ ...design, fifos: before }), { interval: target, unbounded });
  const interval = Math.ceil(pacedInterval(run, target, 0).interval);
  const depths = run.depths();
  const fifos = withDepths((edge) => depths.get(edge));
  const settled = edges.every(({ edge }) => fifos.get(edge)?.memory === before.get(edge)?.memory);
  return { fifos, interval, settled };
}

/** As `bufferedAs`, with the memories chosen anew until they settle. */
export function amplyBuffered(
  likely: Design['fifos'],
  design: Design,
  edges: readonly Edge[],
  target: number,
): Buffered {
  let found = bufferedAs(likely, design, edges, target);
  for (let choice = 1; choice < MOST_CHOICES && !found.settled; choice++)
    found = bufferedAs(found.fifos, design, edges, target);
  return found;
}

/**
 * Takes from each edge what it does not need, the largest FIFOs first: the least depth, or none, at which the part of the
 * network around the edge keeps the tester's pace. What a part cannot keep between sources and sinks that are always
 * ready, the whole cannot either. The design's own FIFOs are ample.
 */
export function trimFifos(
  design: Design,
  edges: readonly Edge[],
  keepsPace: PartTester,
  radius: number,
): Design['fifos'] {
  for (let fifos = design.fifos; ; ) {
    const trimmed = trimOnce({ ...design, fifos }, edges, keepsPace, radius);
    // A FIFO that is gone delays nothing any more, so that another one may need less.
    if ([...fifos].every(([edge, { depth }]) => trimmed.get(edge)?.depth === depth)) return trimmed;
    fifos = trimmed;
  }
}

function trimOnce(design: Design, edges: readonly Edge[], keepsPace: PartTester, radius: number): Design['fifos'] {
  let fifos = design.fifos;
  const ample = (edge: string): number => design.fifos.get(edge)?.depth ?? 0;
  const order = [...edges].sort((a, b) => ample(b.edge) * b.beatBits - ample(a.edge) * a.beatBits);
  for (const { edge, beatBits } of order) {
    if (ample(edge) === 0) continue;
    const withDepth = (depth: number): Design['fifos'] => {
      const others = [...fifos].filter(([other]) => other !== edge);
      return new Map(depth === 0 ? others : [...others, [edge, makeFifo(depth, beatBits, 'solver')]]);
    };
    const reaches = (depth: number): boolean => {
      const trial = { ...design, fifos: withDepth(depth) };
      const netlist = netlistOf(trial);
      const nets = netsAround(trial, netlist, edge);
      // Most trials that fail do so on the paths alone.
      return [0, radius].every((engines) => keepsPace(netlist, stagesAround(netlist, nets, engines)));
    };
    fifos = withDepth(leastDepth(reaches, ample(edge)));
  }
  return fifos;
}

/** The least depth that reaches; 0 stands for no FIFO, which may do where one of one beat, every other clock, does not. */
function leastDepth(reaches: (depth: number) => boolean, ample: number): number {
  if (ample <= 2 && reaches(0)) return 0;
  const least = leastThat(reaches, 1, ample, ample - 1);
  return least <= 2 && ample > 2 && reaches(0) ? 0 : least;
}

/** The nets of the reconverging paths of an edge. */
function netsAround(design: Design, netlist: Netlist, edge: string): ReadonlySet<number> {
  const net = netOfEdge(design, netlist, edge);
  return reconvergingNets(netlist).find((component) => component.has(net)) ?? new Set([net]);
}

/** The net at the end of an edge, which its reader reads. */
function netOfEdge({ network }: Design, { stages }: Netlist, edge: string): number {
  for (const stage of stages) {
    const port = stage.inputs.findIndex((_, input) => {
      const reader: Reader | undefined =
        stage.kind === 'engine'
          ? { kind: 'engine', engine: stage.index, port: input }
          : stage.kind === 'output'
            ? { kind: 'output', output: stage.output }
            : undefined;
      return reader !== undefined && edgeName(network, reader) === edge;
    });
    if (port >= 0) return defined(stage.inputs[port], 'a net');
  }
  throw new InternalError(`no stage reads the edge '${edge}'`);
}
