import { Command, CommanderError } from 'commander';
import { writeDocument } from '../report/document.js';
import {
  type Diagnostic,
  formatDiagnostic,
  HeddleError,
  MissingToolError,
  TargetMissedError,
} from '../support/diagnostics.js';
import { VERSION } from '../version.js';
import { addCompile } from './commands/compile.js';
import { addDemo } from './commands/demo.js';
import { addDoctor } from './commands/doctor.js';
import { addExplore } from './commands/explore.js';
import { addInspect } from './commands/inspect.js';
import { addQuantize } from './commands/quantize.js';
import { addRun } from './commands/run.js';
import { addVerify } from './commands/verify.js';
import { addZoo } from './commands/zoo.js';
import type { CliContext, CommandHost } from './context.js';
import { badUsage } from './messages.js';

/** 0 done, 1 a check failed, 2 bad usage or input, 3 a tool is missing, 70 an internal error, 130 interrupted. */
export type ExitStatus = 0 | 1 | 2 | 3 | 70 | 130;

const COMMANDS = [addVerify, addCompile, addRun, addQuantize, addExplore, addInspect, addZoo, addDoctor, addDemo];

/** Runs one command line. Never throws: what goes wrong is written to stderr and is in the status. */
export async function runCli(args: readonly string[], context: CliContext): Promise<ExitStatus> {
  let status: ExitStatus = 0;
  const host: CommandHost = { ...context, finish: (end) => (status = end) };
  const program = makeProgram(host);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    return reportError(error, args, program, context);
  }
}

function makeProgram(host: CommandHost): Command {
  const program = new Command('heddle')
    .description('Compiles trained CNNs to FPGA accelerators in plain Verilog, proven bit for bit in simulation.')
    .version(VERSION, '-V, --version', 'print the version')
    .option('--debug', 'print where an internal error came from')
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureOutput({ writeOut: host.stdout, writeErr: () => {}, outputError: () => {} })
    .addHelpText(
      'after',
      '\nExit status: 0 done, 1 a check failed, 2 bad usage or input, 3 a tool is missing, 70 internal error.',
    );
  for (const add of COMMANDS) add(program, host);
  return program;
}

function reportError(error: unknown, args: readonly string[], program: Command, context: CliContext): ExitStatus {
  const isJson = args.includes('--json');
  const fail = (status: ExitStatus, diagnostics: readonly Diagnostic[]): ExitStatus => {
    if (isJson) context.stdout(writeDocument({ errors: diagnostics }));
    context.stderr(`${diagnostics.map(formatDiagnostic).join('\n')}\n`);
    return status;
  };
  if (context.signal.aborted) return fail(130, [INTERRUPTED]);
  if (error instanceof CommanderError) return fail(2, [usageProblem(error, args, program)]);
  if (error instanceof HeddleError) return fail(statusOf(error), error.diagnostics);
  const isDebug =
    program.opts<{ readonly debug?: boolean }>().debug === true || isSet(context.environment['HEDDLE_DEBUG']);
  const message = error instanceof Error ? error.message : String(error);
  const status = fail(70, [internalProblem(message)]);
  if (isDebug && error instanceof Error) context.stderr(`${error.stack ?? ''}\n`);
  return status;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0';
}

function statusOf(error: HeddleError): ExitStatus {
  if (error instanceof MissingToolError) return 3;
  return error instanceof TargetMissedError ? 1 : 2;
}

const INTERRUPTED: Diagnostic = {
  code: 'E479',
  alias: 'interrupted',
  severity: 'error',
  text: 'the work was broken off; nothing was written',
  hint: 'start the command again',
};

function internalProblem(message: string): Diagnostic {
  return {
    code: 'E478',
    alias: 'internal-error',
    severity: 'error',
    text: message,
    hint: 'run it again with --debug to see where it came from, and report it with the model',
  };
}

/** Commander's message in our form: its suggestion is the fix. */
function usageProblem(error: CommanderError, args: readonly string[], program: Command): Diagnostic {
  const name = program.commands.find((command) => command.name() === args.find((arg) => !arg.startsWith('-')))?.name();
  const command = name === undefined ? 'heddle' : `heddle ${name}`;
  if (error.code === 'commander.help') return badUsage('heddle', 'a command is needed', commandList(program));
  const [text = '', suggestion = ''] = error.message.replace(/^error: /, '').split('\n');
  const meant = /^\(Did you mean (.+)\?\)$/.exec(suggestion)?.[1];
  const fallback = error.code === 'commander.unknownCommand' ? commandList(program) : '';
  return badUsage(command, text, meant === undefined ? fallback : `did you mean '${meant}'?`);
}

function commandList(program: Command): string {
  return `the commands are ${program.commands.map((command) => command.name()).join(', ')}; 'heddle --help' says what they do`;
}
