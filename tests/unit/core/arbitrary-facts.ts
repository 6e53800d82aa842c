/** Any fact at all, also such as no well-behaved part would state. */
import fc from 'fast-check';
import { digestOf } from '../../../agent/core/digest.js';
import { summarizeOutput } from '../../../agent/core/notebook/output.js';
import type { CellId, ExecutionId, Fact, RunId, StreamPath } from '../../../schema/index.js';
import { output, record } from './arbitrary-notebooks.js';

const cellId = fc.integer({ min: 0, max: 14 }).map(number => `cell-${number}` as CellId);
const executionId = fc.integer({ min: 0, max: 4 }).map(number => `run-${number}` as ExecutionId);
const runId = fc.constantFrom('all' as RunId, 'one' as RunId);
const small = fc.nat(6);
const epoch = fc.integer({ min: 1, max: 4 });
const count = fc.option(fc.integer({ min: 1, max: 9 }));
const cellType = fc.constantFrom('code' as const, 'markdown' as const, 'raw' as const);
const text = fc.string({ maxLength: 6 });
const at = fc.constant('2026-01-01T00:00:00.000Z');
const nothing = fc.constant({});
const digest = text.map(digestOf);
const slug = fc.constantFrom('a', 'b');

const datas: { [T in Fact['type']]: fc.Arbitrary<Extract<Fact, { type: T }>['data']> } = {
  'notebook.opened': fc.record({ path: text, epoch }),
  'notebook.renamed': fc.record({ from: fc.option(text), to: text }),
  'notebook.metadata-changed': fc.record({
    set: record,
    removed: fc.array(text, { maxLength: 2 })
  }),
  'notebook.saved': fc.record({ path: text }),
  'cell.created': fc.record({
    cellId,
    after: fc.option(cellId),
    cellType,
    source: text,
    metadata: record,
    executionCount: count
  }),
  'cell.deleted': fc.record({ cellId, cellType, source: text }),
  'cell.moved': fc.record({ cellId, after: fc.option(cellId) }),
  'cell.source-changed': fc.record({
    cellId,
    splice: fc.record({ at: small, deleted: text, inserted: text })
  }),
  'cell.type-changed': fc.record({ cellId, from: cellType, to: cellType }),
  'cell.metadata-changed': fc.record({
    cellId,
    set: record,
    removed: fc.array(text, { maxLength: 2 })
  }),
  'cell.attachments-changed': fc.record({ cellId, attachments: fc.option(record) }),
  'cell.count-changed': fc.record({ cellId, executionCount: count }),
  'output.added': fc.record({
    cellId,
    index: small,
    outputs: fc.array(
      output.map(value => summarizeOutput(value)),
      { minLength: 1, maxLength: 2 }
    )
  }),
  'output.changed': fc.record({
    cellId,
    index: small,
    output: output.map(value => summarizeOutput(value))
  }),
  'output.cleared': fc.record({ cellId, index: small, count: fc.integer({ min: 1, max: 3 }) }),
  'execution.requested': fc.record({
    executionId,
    runId,
    cellId,
    source: text,
    sourceHash: text.map(digestOf),
    allowError: fc.boolean()
  }),
  'execution.assigned': fc.record({ executionId, cellId, epoch, kernelId: fc.option(text) }),
  'execution.started': fc.record({
    executionId,
    cellId,
    kernelId: text,
    executionCount: count,
    startedAt: at
  }),
  'execution.input-requested': fc.record({
    executionId,
    cellId,
    requestId: text,
    prompt: text,
    password: fc.boolean()
  }),
  'execution.input-answered': fc.record({
    executionId,
    cellId,
    requestId: text,
    value: fc.option(text)
  }),
  'execution.limit-reached': fc.record({
    executionId,
    cellId,
    limit: fc.constantFrom('memory' as const, 'output' as const),
    allowed: fc.integer({ min: 1, max: 6 }),
    used: small
  }),
  'execution.finished': fc.record({
    executionId,
    cellId,
    outcome: fc.constantFrom('ok' as const, 'error' as const, 'interrupted' as const),
    executionCount: count,
    startedAt: fc.option(at),
    finishedAt: at
  }),
  'agent.start-requested': nothing,
  'agent.started': fc.record({ epoch, pid: small }),
  'agent.ready': fc.record({ epoch, kernelId: fc.option(text), kernelName: fc.option(text) }),
  'agent.stop-requested': fc.record({ restart: fc.boolean() }),
  'agent.stopped': fc.record({
    epoch,
    outcome: fc.constantFrom('stopped' as const, 'idle' as const, 'failed' as const)
  }),
  'kernel.interrupt-requested': nothing,
  'kernel.restart-requested': nothing,
  'kernel.changed': fc.record({
    change: fc.constantFrom('attached' as const, 'restarted' as const, 'died' as const),
    kernelId: text
  }),
  'environment.recorded': fc.record({
    environment: digest,
    kernelId: text,
    kernelName: text,
    language: fc.option(text),
    languageVersion: fc.option(text),
    implementation: fc.option(text),
    implementationVersion: fc.option(text),
    interpreter: fc.option(text),
    prefix: fc.option(text),
    packages: fc.option(digest),
    executionIds: fc.array(executionId, { maxLength: 2 })
  }),
  'request.refused': fc.record({
    reason: fc.constant('forbidden' as const),
    method: text,
    path: text,
    remoteIp: text
  }),
  'event.imported': fc.record({
    origin: fc.constant('elsewhere'),
    assurance: fc.constantFrom('relayed' as const, 'unverified' as const),
    event: record
  }),
  'event.posted': fc.record({
    type: fc.constantFrom('hello', 'execution.finished'),
    payload: nothing
  }),
  'stream.paused': fc.record({ reason: text }),
  'stream.resumed': nothing,
  'stream.limit-configured': fc.record({ events: small, seconds: small }),
  'message.appended': fc.record({ text }),
  'stream.closed': nothing,
  'stream.retention-configured': nothing,
  'stream.trimmed': fc.record({ before: small, events: small }),
  'stream.made-public': nothing,
  'stream.deleted': fc.record({
    path: fc.constant('/gone' as StreamPath),
    head: small,
    children: fc.constant([])
  }),
  'stream.made-private': nothing,
  'access.granted': fc.record({ username: text, may: fc.constant('read' as const) }),
  'access.revoked': fc.record({ username: text }),
  'schedule.configured': fc.record({
    slug,
    append: fc.record({ type: text }),
    schedule: fc.record({ kind: fc.constant('every' as const), seconds: small })
  }),
  'schedule.cancelled': fc.record({ slug }),
  'schedule.fired': fc.record({ slug, due: at, next: fc.option(at) }),
  'subscription.configured': fc.record({ slug, url: fc.constant('https://example.org/') }),
  'subscription.removed': fc.record({ slug }),
  'subscription.parked': fc.record({ slug, offset: small, attempts: small, error: text }),
  'subscription.resumed': fc.record({ slug }),
  'transformer.configured': fc.record({ slug, filter: text, transform: text }),
  'transformer.removed': fc.record({ slug }),
  'transformer.failed': fc.record({ slug, offset: small, error: text }),
  'record.checkpointed': fc.record({ size: small, root: text.map(digestOf), note: text }),
  'artifact.stored': fc.record({
    hash: digest,
    bytes: small,
    mediaType: fc.constant('text/plain')
  }),
  'artifact.removed': fc.record({ hash: digest }),
  'record.redacted': fc.record({
    offset: small,
    reason: text,
    payloadHash: text.map(digestOf),
    remains: record
  })
};

/** A fact of any type. */
export const anyFact: fc.Arbitrary<Fact> = fc.oneof(
  ...Object.entries(datas).map(([type, data]) =>
    (data as fc.Arbitrary<unknown>).map(value => ({ type, v: 1, data: value }) as Fact)
  )
);
