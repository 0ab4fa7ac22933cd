import { versions } from 'node:process';
import type { Command } from 'commander';
import { doctorDocument, doctorText } from '../../report/doctor-document.js';
import { writeDocument } from '../../report/document.js';
import { cacheDirectory, cacheSize } from '../../simulate/cache.js';
import { checkTools } from '../../simulate/tools.js';
import type { CommandHost } from '../context.js';

export function addDoctor(program: Command, host: CommandHost): void {
  program
    .command('doctor')
    .description('check that the tools are there, and where simulators are kept')
    .option('--json', 'print one JSON document')
    .action((flags: { readonly json?: boolean }) => doctor(host, flags));
}

async function doctor(host: CommandHost, flags: { readonly json?: boolean }): Promise<void> {
  const folder = cacheDirectory(host.environment);
  const [tools, size] = await Promise.all([checkTools(), cacheSize(folder)]);
  const document = doctorDocument(tools, versions.node, folder, size);
  host.stdout(flags.json === true ? writeDocument(document) : doctorText(document, host.paint));
  host.finish(document.ok ? 0 : 3);
}
