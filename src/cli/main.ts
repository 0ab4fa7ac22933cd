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

/** The first interrupt ends the work, its processes and its temporary folders; a second one does not wait for that. */
function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort(new Error('interrupted'));
    });
  }
  return controller.signal;
}

tolerateClosedPipe(process.stdout);
tolerateClosedPipe(process.stderr);
const context: CliContext = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  environment: process.env,
  ...(process.stderr.isTTY === true ? { terminal: process.stderr } : {}),
  paint: makePaint(),
  signal: interruptSignal(),
};
process.exitCode = await runCli(process.argv.slice(2), context);
