/** How a command is called: help when it is asked for, and what is wrong with a call in one line. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { reasonOf } from './core/explain.js';

/** A command that is wrong; the message is one line for a person. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage';
}

/** As `parseArgs` of Node; throws WrongUsage. */
export function argumentsOf<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    const message = reasonOf(error);
    // What follows explains how to write values that begin with a dash.
    const [first = ''] = message.split(/\n|\. To specify/);
    throw new WrongUsage(first.endsWith('.') ? first : `${first}.`, { cause: error });
  }
}

/** Whether the arguments ask how the command is called. */
export function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).some(each => each === '--help' || each === '-h');
}
