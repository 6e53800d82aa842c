/**
 * The commands that put the record to use: `colophon query`, `colophon export`, `colophon import`.
 * Composition root. Exit codes: 0 done, 1 it could not be done, 2 the command is wrong or what it names cannot be read.
 */
import { exportCommand } from './export-command.js';
import { Unreadable } from './export/snapshot.js';
import { importCommand } from './import-command.js';
import { queryCommand } from './query-command.js';

const COMMANDS: Readonly<Record<string, (args: string[]) => number | Promise<number>>> = {
  query: queryCommand,
  export: exportCommand,
  import: importCommand
};

const EXIT_USAGE = 2;

async function main([name = '', ...args]: string[]): Promise<number> {
  const command = COMMANDS[name];
  if (command === undefined) {
    console.error(`colophon ${Object.keys(COMMANDS).join('|')} …`);
    return EXIT_USAGE;
  }
  try {
    return await command(args);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') {
      return 0;
    }
    console.error(error instanceof Error ? error.message : String(error));
    const wrong =
      error instanceof Error && 'code' in error && /^ERR_PARSE_ARGS/.test(String(error.code));
    return wrong || error instanceof Unreadable ? EXIT_USAGE : 1;
  }
}

void main(process.argv.slice(2)).then(code => process.exit(code));
