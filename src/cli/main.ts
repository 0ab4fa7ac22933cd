#!/usr/bin/env node
import pc from 'picocolors';
import type { Paint } from '../report/paint.js';
import type { CliContext } from './context.js';
import { runCli } from './run-cli.js';

/** Colours only on a terminal, and not where NO_COLOR asks for none (https://no-color.org). */
function makePaint(): Paint {
  const noColor = process.env['NO_COLOR'];
  const colours = pc.createColors(process.stdout.isTTY === true && (noColor === undefined || noColor === ''));
  return { good: colours.green, bad: colours.red, strong: colours.bold };
}

/** A reader that goes away (`heddle explore | head`) is no error. */
function tolerateClosedPipe(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The first interrupt ends the work, its processes and its temporary folders; a second one does not wait for that. */
function watchInterrupts(): Pick<CliContext, 'signal' | 'endedByInterrupt'> {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Error('interrupted'));
  };
  const watch = (): void => {
    for (const name of SIGNALS) process.on(name, onSignal);
  };
  watch();
  const endedByInterrupt = <T>(work: () => T): T => {
    for (const name of SIGNALS) process.off(name, onSignal);
    try {
      return work();
    } finally {
      watch();
    }
  };
  return { signal: controller.signal, endedByInterrupt };
}

tolerateClosedPipe(process.stdout);
tolerateClosedPipe(process.stderr);
const context: CliContext = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  environment: process.env,
  ...(process.stderr.isTTY === true ? { terminal: process.stderr } : {}),
  paint: makePaint(),
  ...watchInterrupts(),
};
process.exitCode = await runCli(process.argv.slice(2), context);
