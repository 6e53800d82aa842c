/** What is said on the websocket of a stream, JSON texts, one frame each; and what is answered. */
import { z } from 'zod';
import {
  Json,
  published,
  type Problem,
  type PublishedEvent,
  type Rejection,
  type StreamPath
} from '../../schema/index.js';
import { JournalUnreachable, type Door, type Principal } from '../loop/door.js';
import { readJson } from './posting.js';
import { explain, problemOf } from './refusal.js';
import { acknowledge, ConsumerName } from './subscriber-routes.js';

/** Whatever the sender chose; it comes back with the answer. */
const ref = z.union([z.string().max(256), z.number()]).optional();

/** A frame of the reader. */
const FrameIn = z.discriminatedUnion('type', [
  /** `event` is the body of a post. */
  z.strictObject({ type: z.literal('append'), event: Json, ref }),
  z.strictObject({
    type: z.literal('ack'),
    consumer: ConsumerName,
    offset: z.int().min(0),
    ref
  })
]);

interface Referring {
  readonly ref?: string | number | undefined;
}

export type FrameOut =
  | { readonly type: 'event'; readonly event: PublishedEvent }
  | ({ readonly type: 'appended'; readonly event: PublishedEvent } & Referring)
  | ({ readonly type: 'problem'; readonly problem: Problem } & Referring);

/** Does what a frame asks for; what is to be said to it, null for nothing. Never rejects. */
export async function answerFrame(
  text: string,
  door: Door,
  by: { readonly stream: StreamPath; readonly principal: Principal }
): Promise<FrameOut | null> {
  const read = readJson(text);
  if ('flaw' in read) {
    return refusal({ code: 'malformed-request', detail: read.flaw });
  }
  const parsed = FrameIn.safeParse(read.value);
  if (!parsed.success) {
    const detail = `Send a JSON text of type append or ack: ${explain(parsed.error)}.`;
    return refusal({ code: 'malformed-request', detail });
  }
  const { ref } = parsed.data;
  try {
    return await does(parsed.data, door, by);
  } catch (error) {
    if (error instanceof JournalUnreachable) {
      return refusal(error.rejection, ref);
    }
    // A bug; the host goes on, since nothing else depends on the answer.
    console.error('api: socket', error);
    return refusal({ code: 'internal', detail: 'This is a bug; the log has the details.' }, ref);
  }
}

async function does(
  frame: z.infer<typeof FrameIn>,
  door: Door,
  { stream, principal }: { readonly stream: StreamPath; readonly principal: Principal }
): Promise<FrameOut | null> {
  const { ref } = frame;
  if (frame.type === 'ack') {
    const answer = await acknowledge(door, principal, stream, frame);
    return 'rejection' in answer ? refusal(answer.rejection, ref) : null;
  }
  const answer = await door.streams.post(stream, frame.event, principal);
  return 'rejection' in answer
    ? refusal(answer.rejection, ref)
    : { type: 'appended', event: published(answer.event), ref };
}

function refusal(rejection: Rejection, ref?: string | number): FrameOut {
  return { type: 'problem', problem: problemOf(rejection), ref };
}
