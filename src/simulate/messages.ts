import type { Diagnostic } from '../support/diagnostics.js';

/** The packages that hold a tool, by package manager. */
export interface ToolPackages {
  readonly apt: string;
  readonly dnf: string;
  readonly brew: string;
}

function installHint(packages: ToolPackages): string {
  return `install it: apt-get install ${packages.apt} | dnf install ${packages.dnf} | brew install ${packages.brew}`;
}

export function missingTool(tool: string, purpose: string, packages: ToolPackages): Diagnostic {
  return {
    code: 'E501',
    alias: 'missing-tool',
    severity: 'error',
    subject: `tool ${tool}`,
    text: `was not found; it is needed to ${purpose}.`,
    hint: installHint(packages),
  };
}

export function toolTooOld(tool: string, found: string, least: string, packages: ToolPackages): Diagnostic {
  return {
    code: 'E502',
    alias: 'tool-too-old',
    severity: 'error',
    subject: `tool ${tool}`,
    text: `version ${found} is too old; the oldest that works is ${least}.`,
    hint: installHint(packages),
  };
}

export function unknownToolVersion(tool: string, output: string, least: string): Diagnostic {
  return {
    code: 'E503',
    alias: 'unknown-tool-version',
    severity: 'error',
    subject: `tool ${tool}`,
    text: `does not tell its version; it printed ${JSON.stringify(output.slice(0, 200))}.`,
    hint: `put a ${tool} of version ${least} or later in front of it in PATH`,
  };
}

export function toolTimedOut(tool: string, seconds: number): Diagnostic {
  return {
    code: 'E504',
    alias: 'tool-timed-out',
    severity: 'error',
    subject: tool,
    text: `was stopped after its ${seconds} seconds.`,
    hint: 'allow more time, ask for fewer frames, or choose a smaller design',
  };
}

export function missingTraceLibrary(output: string): Diagnostic {
  return {
    code: 'E505',
    alias: 'missing-trace-library',
    severity: 'error',
    subject: 'option --trace',
    text: `needs zlib with its headers, which the C++ compiler did not find: ${output.slice(0, 400)}`,
    hint: installHint({ apt: 'zlib1g-dev', dnf: 'zlib-devel', brew: 'zlib' }),
  };
}
