import type { Design } from '../hw/design.js';
import { readLibrary, usedLibrary } from './library.js';
import { memoryImages } from './memories.js';
import { memoryInstance, type TopNames, topNames } from './names.js';
import { renderTop } from './render.js';
import { topContext } from './top.js';

/** A design as files: the generated top, the library modules that it uses, the memory images. */
export interface EmittedDesign {
  readonly design: Design;
  readonly names: TopNames;
  /** Verilog by file name. */
  readonly verilog: ReadonlyMap<string, string>;
  /** $readmemh files by name; the RTL opens them relative to the simulator's or synthesiser's working folder. */
  readonly memories: ReadonlyMap<string, string>;
}

/** Emits a design. The same design, version and hash give the same bytes. */
export function emitDesign(design: Design, version: string, modelHash: string): EmittedDesign {
  const names = topNames(design);
  const top = renderTop(topContext(design, names, version, modelHash));
  const memories = design.engines.flatMap((engine, index) =>
    memoryImages(engine, memoryInstance(names, names.engines[index] as string)),
  );
  return {
    design,
    names,
    verilog: new Map([[`${names.module}.v`, top], ...usedLibrary(top, readLibrary())]),
    memories: new Map(memories.map(({ file, text }) => [file, text])),
  };
}
