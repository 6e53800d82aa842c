/** What is known of one code cell, and the one quiet line that says so below it. */
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  type Actor,
  type ActorIdentity,
  type ExecutionOutcome,
  LIMIT_REACHED
} from '../../schema/index.js';
import { actorName } from './actors.js';
import { clockedWords, clockWords, durationWords } from './time.js';

/** The last run of a cell. Times in ms since the epoch. */
export type RunFacts =
  | { readonly phase: 'waiting'; readonly by: ActorIdentity; readonly place: number }
  /** `startedAt` is null until the kernel has taken it. */
  | {
      readonly phase: 'running';
      readonly by: ActorIdentity;
      readonly startedAt: number | null;
      /** It asks for input and waits. */
      readonly asks?: boolean;
    }
  | {
      readonly phase: 'finished';
      readonly by: ActorIdentity;
      readonly outcome: ExecutionOutcome;
      readonly finishedAt: number;
      /** Null if it never started. */
      readonly startedAt: number | null;
      readonly reason: string | null;
    };

export interface CellFacts {
  readonly run?: RunFacts;
  /** Who last changed the source, and when in ms. */
  readonly change?: { readonly by: Actor; readonly at: number };
  /** Why this browser's last attempt to run it was refused. */
  readonly refused?: string;
}

/** tone: how the line looks. parts: the pieces of the line; none if there is nothing to say. */
export interface FooterLine {
  readonly tone: 'quiet' | 'busy' | 'problem';
  readonly parts: readonly string[];
}

/** The line, as of `now` in ms. */
export function footerLine(facts: CellFacts, now: number, trans: TranslationBundle): FooterLine {
  const edited =
    facts.change === undefined ? [] : [trans.__('edited by %1', actorName(facts.change.by, trans))];
  if (facts.refused !== undefined) {
    return { tone: 'problem', parts: [trans.__('Not run: %1', facts.refused)] };
  }
  const { run } = facts;
  if (run === undefined) {
    const [first] = edited;
    return {
      tone: 'quiet',
      parts: first === undefined ? [] : [first.charAt(0).toLocaleUpperCase() + first.slice(1)]
    };
  }
  const by = actorName(run.by, trans);
  switch (run.phase) {
    case 'waiting':
      return { tone: 'busy', parts: [waitingWords(run.place, trans), trans.__('for %1', by)] };
    case 'running':
      return {
        tone: 'busy',
        parts: [
          trans.__('Running for %1', by),
          run.startedAt === null
            ? trans.__('starts')
            : trans.__('%1 so far', clockedWords(now - run.startedAt, trans)),
          ...(run.asks === true ? [trans.__('waits for input')] : [])
        ]
      };
    case 'finished':
      return {
        tone: run.outcome === 'ok' ? 'quiet' : 'problem',
        parts: [
          outcomeWords(run.outcome, by, trans),
          clockWords(run.finishedAt, now),
          ...(run.startedAt === null ? [] : [durationWords(run.finishedAt - run.startedAt, trans)]),
          ...(run.reason === null ? [] : [run.reason]),
          ...edited
        ]
      };
  }
}

/** Why a run ended, if there is more to say: of an error its name, for the rest is in the output above. */
export function whyEnded({
  error,
  reason
}: {
  readonly error?: { readonly ename: string; readonly evalue: string } | null;
  readonly reason?: string | null;
}): string | null {
  return error?.ename === LIMIT_REACHED
    ? (reason ?? error.evalue)
    : (error?.ename ?? reason ?? null);
}

/** "Waits, next in line", "Waits, 2nd in line": places count from 1. */
function waitingWords(place: number, trans: TranslationBundle): string {
  if (place === 1) {
    return trans.__('Waits, next in line');
  }
  const teen = place % 100 >= 11 && place % 100 <= 13;
  switch (teen ? 0 : place % 10) {
    case 1:
      return trans.__('Waits, %1st in line', place);
    case 2:
      return trans.__('Waits, %1nd in line', place);
    case 3:
      return trans.__('Waits, %1rd in line', place);
    default:
      return trans.__('Waits, %1th in line', place);
  }
}

function outcomeWords(outcome: ExecutionOutcome, by: string, trans: TranslationBundle): string {
  switch (outcome) {
    case 'ok':
      return trans.__('Ran by %1', by);
    case 'error':
      return trans.__('Failed, run by %1', by);
    case 'interrupted':
      return trans.__('Interrupted, run by %1', by);
    case 'cancelled':
      return trans.__('Cancelled, asked for by %1', by);
  }
}
