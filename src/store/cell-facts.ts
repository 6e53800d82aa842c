/** What a notebook's store knows of one cell, for the line below it. */
import type { CellId } from '../../schema/index.js';
import { type CellFacts, type RunFacts, whyEnded } from '../words/cell-facts.js';
import type { NotebookStore } from './notebook-store.js';
import type { Views } from './views.js';

/** The facts now. What the file brought when it was opened is nobody's change. */
export function factsOf(
  store: Pick<NotebookStore, 'views' | 'refusal'>,
  cellId: CellId
): CellFacts {
  const run = runFacts(store.views, cellId);
  const change = store.views.cell(cellId).lastChange;
  const refused = store.refusal(cellId);
  const loaded = change?.actor.kind === 'system' && change.actor.id === 'load';
  return {
    ...(run && { run }),
    ...(change && !loaded && { change: { by: change.actor, at: Date.parse(change.at) } }),
    ...(refused !== undefined && { refused })
  };
}

function runFacts(views: Views, cellId: CellId): RunFacts | undefined {
  const { running, waiting } = views;
  if (running !== undefined && running.cellId === cellId) {
    const startedAt = running.startedAt === null ? null : Date.parse(running.startedAt);
    return { phase: 'running', by: running.actor, startedAt, asks: running.question !== null };
  }
  const place = waiting.findIndex(run => run.cellId === cellId);
  const waits = waiting[place];
  if (waits !== undefined) {
    return { phase: 'waiting', by: waits.actor, place: place + 1 };
  }
  const last = views.cell(cellId).lastRun;
  if (last === undefined || last.outcome === 'running' || last.finishedAt === null) {
    return undefined;
  }
  const { actor, finishedAt, outcome, startedAt } = last;
  return {
    phase: 'finished',
    by: actor,
    outcome,
    finishedAt: Date.parse(finishedAt),
    startedAt: startedAt === null ? null : Date.parse(startedAt),
    reason: whyEnded(last)
  };
}
