import type { ExploredDesign } from '../explore/explore.js';
import { plural } from '../support/text.js';
import { type DesignMemory, designMemory } from './layers.js';
import { type Paint, PLAIN } from './paint.js';
import { count, percent, right, significant, textTable } from './table.js';

/** What `heddle explore --json` prints; schemas/explore.schema.json. */
export interface ExploreDocument {
  readonly model: string;
  readonly clockMHz: number;
  readonly designs: readonly ExploreRow[];
}

export interface ExploreRow {
  /** For `--design` of compile and verify. */
  readonly id: string;
  readonly multipliers: number;
  /** Predicted, as fps and latency. */
  readonly cyclesPerFrame: number;
  readonly fps: number;
  readonly latencyCycles: number;
  readonly efficiency: number;
  readonly memoryBits: DesignMemory;
}

export function exploreDocument(model: string, clockMHz: number, designs: readonly ExploredDesign[]): ExploreDocument {
  return {
    model,
    clockMHz,
    designs: designs.map(({ id, multipliers, cyclesPerFrame, fps, latencyCycles, efficiency, sized }) => ({
      id,
      multipliers,
      cyclesPerFrame,
      fps,
      latencyCycles,
      efficiency,
      memoryBits: designMemory(sized.design),
    })),
  };
}

const COLUMNS = [
  right('design'),
  right('multipliers'),
  right('cycles a frame'),
  right('frames a second'),
  right('latency'),
  right('efficiency'),
  right('memory bits'),
];

/** The result for people. */
export function exploreText(document: ExploreDocument, modelPath: string, paint: Paint = PLAIN): string {
  const rows = document.designs.map((row) => [
    row.id,
    count(row.multipliers),
    count(row.cyclesPerFrame),
    significant(row.fps),
    count(row.latencyCycles),
    percent(row.efficiency),
    count(row.memoryBits.total),
  ]);
  const example = document.designs[Math.floor(document.designs.length / 2)]?.id ?? 'i1024';
  const lines = [
    paint.strong(
      `${document.model}: ${plural(document.designs.length, 'design')} at ${significant(document.clockMHz)} MHz; none beats another in both multipliers and cycles`,
    ),
    '',
    ...textTable(COLUMNS, rows),
    '',
    `to build one: heddle compile ${modelPath} --design ${example} -o <folder>`,
  ];
  return `${lines.join('\n')}\n`;
}
