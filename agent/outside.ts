/** What subscriptions need of the world, for one journal: part of the composition roots. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { systemClock } from './clock.js';
import { ProcessExpressions } from './expressions/process-expressions.js';
import type { Outside } from './loop/subscribers.js';
import { HttpPush } from './push/http-push.js';
import { DerivedSecrets } from './push/secrets.js';

export interface OpenOutside extends Outside {
  /** Ends connections and processes; nothing may be asked of it after that. */
  close(): void;
}

/** `database` is the journal's, at its newest shape. */
export function openOutside(options: {
  readonly database: DatabaseSync;
  readonly allowPrivate: boolean;
}): OpenOutside {
  const push = new HttpPush({ allowPrivate: options.allowPrivate });
  const expressions = new ProcessExpressions({
    program: join(import.meta.dirname, 'expression-process.js'),
    clock: systemClock
  });
  return {
    push,
    expressions,
    secrets: new DerivedSecrets(options.database),
    chance: () => randomBytes(4).readUInt32BE() / 0xffffffff,
    close() {
      push.close();
      expressions.close();
    }
  };
}
