import { CACHE_CAP_BYTES, type CacheSize } from '../simulate/cache.js';
import type { ToolPackages } from '../simulate/messages.js';
import type { ToolStatus } from '../simulate/tools.js';
import { VERSION } from '../version.js';
import { type Paint, PLAIN } from './paint.js';
import { left, textTable } from './table.js';

/** What `heddle doctor --json` prints; schemas/doctor.schema.json. Undefined is written as null. */
export interface DoctorDocument {
  readonly version: string;
  readonly ok: boolean;
  readonly node: { readonly version: string; readonly least: string; readonly ok: boolean };
  readonly tools: readonly ToolDocument[];
  readonly cache: {
    readonly folder: string;
    readonly entries: number;
    readonly bytes: number;
    readonly capBytes: number;
  };
}

export interface ToolDocument {
  readonly tool: string;
  readonly purpose: string;
  readonly needed: boolean;
  readonly ok: boolean;
  readonly version: string | undefined;
  readonly least: string | undefined;
  /** In words; undefined where the tool is fine. */
  readonly problem: string | undefined;
  readonly packages: ToolPackages;
}

/** Oldest Node.js that Heddle runs on, as package.json has it. */
export const LEAST_NODE_VERSION = '20.19';

function isNodeRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = LEAST_NODE_VERSION.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

export function doctorDocument(
  tools: readonly ToolStatus[],
  nodeVersion: string,
  cacheFolder: string,
  size: CacheSize,
): DoctorDocument {
  const node = { version: nodeVersion, least: LEAST_NODE_VERSION, ok: isNodeRecent(nodeVersion) };
  return {
    version: VERSION,
    ok: node.ok && tools.every((tool) => !tool.needed || tool.problem === undefined),
    node,
    tools: tools.map(({ tool, purpose, needed, version, least, problem, packages }) => ({
      tool,
      purpose,
      needed,
      ok: problem === undefined,
      version,
      least,
      problem: problem?.text,
      packages,
    })),
    cache: { folder: cacheFolder, ...size, capBytes: CACHE_CAP_BYTES },
  };
}

const megabytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;

/** The result for people. */
export function doctorText(document: DoctorDocument, paint: Paint = PLAIN): string {
  const { node, cache, tools } = document;
  const mark = (ok: boolean): string => (ok ? paint.good('ok     ') : paint.bad('MISSING'));
  const rows = [
    ['Node.js', node.version, node.least, 'run Heddle'],
    ...tools.map(({ tool, version, least, purpose, needed }) => [
      tool,
      version ?? '-',
      least ?? '-',
      needed ? purpose : `${purpose}; not needed otherwise`,
    ]),
  ];
  const [titles = '', ...table] = textTable([left('tool'), left('version'), left('oldest'), left('used to')], rows);
  const states = [node.ok, ...tools.map(({ ok }) => ok)];
  const lines = [
    paint.strong(`Heddle ${document.version}`),
    '',
    `         ${titles}`,
    ...table.map((line, i) => `${mark(states[i] ?? false)}  ${line}`),
    '',
    `cache: ${cache.folder}, ${cache.entries} builds, ${megabytes(cache.bytes)} of at most ${megabytes(cache.capBytes)}`,
    ...tools.filter(({ ok }) => !ok).flatMap(adviceFor),
    document.ok ? paint.good('everything needed is there') : paint.bad('something needed is missing'),
  ];
  return `${lines.join('\n')}\n`;
}

function adviceFor({ tool, problem, packages }: ToolDocument): readonly string[] {
  const { apt, dnf, brew } = packages;
  return [
    `${tool}: ${problem ?? ''}`,
    `  install it: apt-get install ${apt} | dnf install ${dnf} | brew install ${brew}`,
  ];
}
