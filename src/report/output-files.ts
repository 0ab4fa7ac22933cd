import type { SizingRequest } from '../explore/choose.js';
import { exportModel } from '../frontend/json/export.js';
import type { Graph } from '../ir/graph.js';
import { printGraph } from '../ir/print.js';
import { makeSimTop, SIM_TOP_FILE } from '../simulate/wrapper.js';
import { simInstance } from '../verify/sim-instance.js';
import { type CompileDocument, type CompiledDesign, compileDocument } from './compile-document.js';
import { compileMarkdown } from './compile-text.js';
import { writeDocument } from './document.js';

/** A compiled model as the files of its output folder, by path relative to it. */
export interface OutputFiles {
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  readonly document: CompileDocument;
}

const MODEL_WEIGHTS = 'model.safetensors';

const SIM_NOTE = `# Simulation

\`${SIM_TOP_FILE}\` wraps the top module of ../rtl for Heddle's test bench: it joins all streams, inner ones included, to
two vectors. Run it with

    heddle verify ../model.json

and the sizing options that this folder was compiled with: that builds it with Verilator and compares every stream with
the golden model. For a bench of your own use the top
module in ../rtl directly: one clock, one reset, AXI4-Streams. Start the simulator in ../rtl, since $readmemh opens the
memory images (*.mem) relative to the working folder.
`;

/**
 * All files: rtl/ (Verilog and memory images), sim/, report.json, report.md, model.json with its weights, and the graph
 * after each pass where there are dumps. The same design gives the same bytes.
 */
export function outputFiles(
  compiled: CompiledDesign & { readonly graph: Graph },
  request: SizingRequest,
  dumps: ReadonlyMap<string, string> = new Map(),
): OutputFiles {
  const { emitted } = compiled;
  const { json, weights } = exportModel(compiled.graph, MODEL_WEIGHTS);
  const content: (readonly [string, string | Uint8Array])[] = [
    ...[...emitted.verilog, ...emitted.memories].map(([name, text]) => [`rtl/${name}`, text] as const),
    [`sim/${SIM_TOP_FILE}`, makeSimTop([simInstance(emitted)]).text],
    ['sim/README.md', SIM_NOTE],
    ['model.json', json],
    ...(weights === undefined ? [] : [[MODEL_WEIGHTS, weights] as const]),
    ...[...dumps].map(([name, text]) => [`ir/${name}`, text] as const),
  ];
  const names = [...content.map(([name]) => name), 'report.json', 'report.md'].sort();
  const document = compileDocument(compiled, request, names);
  const reports: (readonly [string, string])[] = [
    ['report.json', writeDocument(document)],
    ['report.md', compileMarkdown(document)],
  ];
  return { files: new Map([...content, ...reports]), document };
}

/** Collects the text form of the graph after each pass, in files that sort in their order. */
export function makeDumps(): {
  readonly add: (pass: string, graph: Graph) => void;
  readonly files: ReadonlyMap<string, string>;
} {
  const files = new Map<string, string>();
  const add = (pass: string, graph: Graph): void => {
    files.set(`${String(files.size).padStart(2, '0')}-${pass}.txt`, printGraph(graph));
  };
  return { add, files };
}
