/**
 * Erases payloads. Guarantees that the erasure is one transaction with the event that tells of it,
 * that what is left is a value which every fold can read, and that only what somebody posted is
 * erased: the text of cells and outputs is in the stored document updates, too.
 */
import { remainsOf } from '../core/record/redaction.js';
import type { Draft, Json, StreamPath } from '../../schema/index.js';
import type { Appended, Journal, Redaction } from '../ports/host.js';
import type { Clock } from '../ports/inputs.js';
import type { PostAnswer } from './door.js';
import type { StreamChange } from './streams.js';

/** The body of `POST /api/streams/__redact/<path>`. */
export { RedactionBody } from '../../schema/index.js';

export interface RedactionContext {
  readonly journal: Pick<Journal, 'read' | 'record'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Appends to a stream; a notebook's through what folds it. */
  readonly append: (stream: StreamPath, change: StreamChange) => Appended;
}

/** Who erases, and how sure that is. */
export type Eraser = Pick<Draft, 'actor' | 'assurance'> & { readonly entitlement?: string };

export class Redactions {
  readonly #context: RedactionContext;

  constructor(context: RedactionContext) {
    this.#context = context;
  }

  /** Erases the payload of the event at `offset`; answers with the event that tells of it, durable. */
  async redact(
    stream: StreamPath,
    { offset, reason }: { readonly offset: number; readonly reason: string },
    eraser: Eraser
  ): Promise<PostAnswer> {
    const { journal, clock, append } = this.#context;
    const [event] = journal.read(stream, { after: offset - 1, limit: 1 });
    const record = journal.record(stream, offset);
    if (event === undefined || record === undefined) {
      const detail = `There is no event at offset ${offset} of ${stream}.`;
      return { rejection: { code: 'not-found', detail } };
    }
    if (event.type !== 'event.posted') {
      const detail = `Only what was posted can be erased, and this is ${event.type}. To be rid of it, delete the stream, or the whole history of the notebook.`;
      return { rejection: { code: 'reserved-type', detail } };
    }
    if (event.redacted !== undefined) {
      const { at, reason: earlier } = event.redacted;
      const detail = `The payload was erased already, at ${at}: ${earlier}`;
      return { rejection: { code: 'malformed-request', detail } };
    }
    const at = new Date(clock.now()).toISOString();
    const { payloadHash } = record;
    const remains = remainsOf(event);
    const redaction: Redaction = {
      ...{ offset, at, by: eraser.actor, reason, data: remains },
      payloadHash
    };
    const draft: Draft = {
      type: 'record.redacted',
      v: 1,
      data: { offset, reason, payloadHash, remains: remains as Record<string, Json> },
      at,
      ...eraser
    };
    const appended = append(stream, { events: [draft], redaction });
    const rejection = await appended.outcome;
    if (rejection !== null) {
      return { rejection };
    }
    const [stated] = appended.events;
    if (stated === undefined) {
      throw new Error(`An erasure in ${stream} led to no event.`);
    }
    return { event: stated };
  }
}
