/**
 * The commands that put the record to use: `colophon query`, `colophon export`, `colophon import`,
 * `colophon inline`.
 * Composition root. Exit codes: 0 done, 1 it could not be done, 2 the command is wrong or what it names cannot be read.
 */
import './mend-json.js';
import { reasonOf } from './core/explain.js';
import { EXPORT_USAGE, exportCommand } from './export-command.js';
import { Unreadable } from './export/snapshot.js';
import { IMPORT_USAGE, importCommand } from './import-command.js';
import { INLINE_USAGE, inlineCommand } from './inline-command.js';
import { QUERY_USAGE, queryCommand } from './query-command.js';
import { asksForHelp, WrongUsage } from './usage.js';

interface Command {
  readonly usage: string;
  /** Gives the exit code; throws WrongUsage. */
  readonly run: (args: string[]) => number | Promise<number>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  query: { usage: QUERY_USAGE, run: queryCommand },
  export: { usage: EXPORT_USAGE, run: exportCommand },
  import: { usage: IMPORT_USAGE, run: importCommand },
  inline: { usage: INLINE_USAGE, run: inlineCommand }
};

const EXIT_USAGE = 2;

async function main([name = '', ...args]: string[]): Promise<number> {
  const command = COMMANDS[name];
  if (command === undefined) {
    console.error(`colophon ${Object.keys(COMMANDS).join('|')} …`);
    return EXIT_USAGE;
  }
  if (asksForHelp(args)) {
    process.stdout.write(command.usage);
    return 0;
  }
  try {
    return await command.run(args);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') {
      return 0;
    }
    if (error instanceof WrongUsage) {
      console.error(`${error.message} See: colophon ${name} --help`);
      return EXIT_USAGE;
    }
    console.error(reasonOf(error));
    return error instanceof Unreadable ? EXIT_USAGE : 1;
  }
}

void main(process.argv.slice(2)).then(code => process.exit(code));
