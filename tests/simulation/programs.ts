/** What people write for the simulated kernel, by chance. */
import type { Chance } from './chance.js';

const STATEMENTS = {
  ...{ print: 30, warn: 14, show: 14, update: 14, clear: 6, 'wait-clear': 6, share: 7, reshare: 9 },
  ...{ flood: 7, 'warn-flood': 3, picture: 6, table: 3, 'update-picture': 3, 'reshare-table': 4 },
  ...{ later: 4 }
};
const CONSOLE_STATEMENTS = { print: 8, show: 2, share: 1, reshare: 1 };
/**
 * What a statement often needs before it: a display to update, also behind a clearing; another question,
 * the answer to which may come too late.
 */
const BEFORE: Readonly<Record<string, string>> = { update: 'show', ask: 'ask', reshare: 'share' };

/** For a cell. What it shows bears the author's name. */
export function program(chance: Chance, name: string): string {
  const length = 1 + chance.below(chance.happens(0.2) ? 16 : 5);
  const lines: string[] = [];
  for (let line = 0; line < length; line += 1) {
    const rare = chance.weighted({ fail: 4, crash: 2, ask: 5, secret: 2, none: 87 });
    const verb = rare === 'none' ? chance.weighted(STATEMENTS) : rare;
    const before = BEFORE[verb];
    const word = `${name}${chance.below(1000)}`;
    // Or it goes on with what stands there, perhaps since long.
    const has = lines.some(each => each.startsWith(`${before} `)) && chance.happens(0.6);
    lines.push(...(before === undefined || has ? [] : [`${before} ${word}`]), `${verb} ${word}`);
  }
  return [...lines, ...(chance.happens(0.3) ? [`result ${name}`] : [])].join('\n');
}

/** For a console, which may keep the kernel busy for some time. */
export function consoleProgram(chance: Chance, name: string): string {
  return Array.from(
    { length: 1 + chance.below(12) },
    () => `${chance.weighted(CONSOLE_STATEMENTS)} ${name}${chance.below(1000)}`
  ).join('\n');
}
