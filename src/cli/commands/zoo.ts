import type { Command } from 'commander';
import { writeDocument } from '../../report/document.js';
import { zooDocument, zooText } from '../../report/zoo-document.js';
import type { CommandHost } from '../context.js';

export function addZoo(program: Command, host: CommandHost): void {
  program
    .command('zoo')
    .description('list the networks that zoo:NAME stands for, with their work and parameters')
    .option('--json', 'print one JSON document')
    .action((flags: { readonly json?: boolean }) => {
      const document = zooDocument();
      host.stdout(flags.json === true ? writeDocument(document) : zooText(document, host.paint));
    });
}
