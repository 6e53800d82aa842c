/** What an event tells in the history, and how entries of one kind add up. Runs are elsewhere. */
import type { Event } from '../../../schema/index.js';
import type { HistoryDetails } from './history-entry.js';

/** Details of an entry that has only this event. */
export function detailsOf(event: Event): HistoryDetails {
  switch (event.type) {
    case 'notebook.opened':
      return { kind: 'opened', path: event.data.path, created: 0, changed: 0, deleted: 0 };
    case 'notebook.renamed':
      return { kind: 'renamed', from: event.data.from, to: event.data.to };
    case 'notebook.saved':
      return { kind: 'saved', path: event.data.path, times: 1 };
    case 'notebook.metadata-changed':
    case 'cell.metadata-changed':
      return {
        kind: 'metadata-changed',
        keys: [...Object.keys(event.data.set), ...event.data.removed]
      };
    case 'cell.attachments-changed':
      return { kind: 'metadata-changed', keys: ['attachments'] };
    case 'cell.count-changed':
      return { kind: 'metadata-changed', keys: ['execution_count'] };
    case 'cell.created':
      return { kind: 'created', cellType: event.data.cellType, source: event.data.source };
    case 'cell.deleted':
      return { kind: 'deleted', cellType: event.data.cellType, source: event.data.source };
    case 'cell.moved':
      return { kind: 'moved' };
    case 'cell.type-changed':
      return { kind: 'type-changed', from: event.data.from, to: event.data.to };
    case 'cell.source-changed': {
      const { inserted, deleted } = event.data.splice;
      return { kind: 'edited', inserted: inserted.length, deleted: deleted.length, times: 1 };
    }
    case 'output.added':
      return { kind: 'outputs-changed', cleared: 0, added: event.data.outputs.length };
    case 'output.changed':
      return { kind: 'outputs-changed', cleared: 0, added: 0 };
    case 'output.cleared':
      return { kind: 'outputs-changed', cleared: event.data.count, added: 0 };
    case 'execution.requested':
    case 'execution.assigned':
    case 'execution.started':
    case 'execution.input-requested':
    case 'execution.input-answered':
    case 'execution.limit-reached':
    case 'execution.finished':
      return unstartedRun(event.data.executionId);
    case 'agent.start-requested':
      return { kind: 'agent-started', phase: 'requested' };
    case 'agent.started':
      return { kind: 'agent-started', phase: 'started' };
    case 'agent.ready':
      return { kind: 'agent-started', phase: 'ready' };
    case 'agent.stop-requested':
      return {
        kind: 'agent-stopped',
        outcome: event.data.restart ? 'restarting' : 'requested',
        reason: null
      };
    case 'agent.stopped':
      return {
        kind: 'agent-stopped',
        outcome: event.data.outcome,
        reason: event.data.reason ?? null
      };
    case 'kernel.interrupt-requested':
      return { kind: 'interrupt-requested' };
    case 'kernel.restart-requested':
      return { kind: 'restart-requested' };
    case 'kernel.changed':
      return {
        kind: 'kernel-changed',
        change: event.data.change,
        kernelName: event.data.kernelName ?? null
      };
    case 'environment.recorded': {
      const { kernelName, language, languageVersion, packages, packageList } = event.data;
      const count = packageList?.length ?? null;
      return {
        kind: 'environment',
        ...{ kernelName, language, languageVersion, packages: packages === null ? null : count }
      };
    }
    case 'request.refused':
      return { kind: 'refused', reason: event.data.reason, path: event.data.path };
    case 'event.posted':
      return { kind: 'posted', type: event.data.type };
    case 'stream.paused':
      return { kind: 'stream-paused', reason: event.data.reason ?? null };
    case 'stream.resumed':
      return { kind: 'stream-resumed', reason: event.data.reason ?? null };
    case 'stream.limit-configured':
      return { kind: 'stream-limit', events: event.data.events, seconds: event.data.seconds };
    case 'event.imported':
    case 'message.appended':
      return { kind: 'posted', type: event.type };
    case 'stream.closed':
    case 'stream.retention-configured':
    case 'stream.trimmed':
    case 'stream.made-public':
    case 'stream.made-private':
      return { kind: 'stream-rule', rule: event.type, subject: '' };
    case 'stream.deleted':
      return { kind: 'stream-rule', rule: event.type, subject: event.data.path };
    case 'access.granted':
    case 'access.revoked':
      return { kind: 'stream-rule', rule: event.type, subject: event.data.username };
    case 'schedule.configured':
    case 'schedule.cancelled':
    case 'schedule.fired':
    case 'subscription.configured':
    case 'subscription.removed':
    case 'subscription.parked':
    case 'subscription.resumed':
    case 'transformer.configured':
    case 'transformer.removed':
    case 'transformer.failed':
      return { kind: 'stream-rule', rule: event.type, subject: event.data.slug };
    case 'record.checkpointed':
      return { kind: 'checkpointed', size: event.data.size };
    case 'record.redacted':
      return { kind: 'redacted', offset: event.data.offset, reason: event.data.reason };
    case 'artifact.stored':
      return { kind: 'artifact', mediaType: event.data.mediaType, bytes: event.data.bytes };
    case 'artifact.removed':
      return { kind: 'artifact', mediaType: null, bytes: null };
  }
}

/** A run of which nothing but the id is known. */
export function unstartedRun(
  executionId: Extract<HistoryDetails, { kind: 'run' }>['executionId']
): Extract<HistoryDetails, { kind: 'run' }> {
  return {
    kind: 'run',
    executionId,
    runId: null,
    phase: 'requested',
    source: null,
    executionCount: null,
    startedAt: null,
    finishedAt: null,
    milliseconds: null,
    reason: null,
    error: null,
    outputs: 0,
    questions: []
  };
}

/** Details of an entry after one more event, whose own details are `next`. */
export function mergedDetails(
  details: HistoryDetails,
  event: Event,
  next: HistoryDetails
): HistoryDetails {
  switch (details.kind) {
    case 'opened':
      return {
        ...details,
        created: details.created + (event.type === 'cell.created' ? 1 : 0),
        deleted: details.deleted + (event.type === 'cell.deleted' ? 1 : 0),
        changed: details.changed + (/created|deleted|added$|^notebook\./.test(event.type) ? 0 : 1)
      };
    case 'saved':
      return { ...details, times: details.times + 1 };
    case 'edited':
      return next.kind === 'edited'
        ? {
            kind: 'edited',
            inserted: details.inserted + next.inserted,
            deleted: details.deleted + next.deleted,
            times: details.times + 1
          }
        : details;
    case 'metadata-changed':
      return next.kind === 'metadata-changed'
        ? { ...details, keys: [...new Set([...details.keys, ...next.keys])] }
        : details;
    case 'outputs-changed':
      return next.kind === 'outputs-changed'
        ? {
            ...details,
            cleared: details.cleared + next.cleared,
            added: details.added + next.added
          }
        : details;
    case 'agent-started':
      return next;
    case 'agent-stopped':
      // A restart stays one when the old agent has stopped.
      return details.outcome === 'restarting' &&
        next.kind === 'agent-stopped' &&
        next.outcome === 'stopped'
        ? details
        : next;
    case 'created':
    case 'deleted':
    case 'moved':
    case 'type-changed':
    case 'renamed':
    case 'run':
    case 'interrupt-requested':
    case 'restart-requested':
    case 'kernel-changed':
    case 'environment':
    case 'refused':
    case 'posted':
    case 'stream-paused':
    case 'stream-resumed':
    case 'stream-limit':
    case 'stream-rule':
    case 'checkpointed':
    case 'redacted':
    case 'artifact':
      return details;
  }
}
