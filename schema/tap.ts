/**
 * What the server extension and the host say to each other over the host's stdin and stdout.
 * Framing is in docs/PROTOCOL.md. A numbered frame (`tap`, `n`) is sent again until it is acknowledged;
 * the host takes each number once.
 */
import { z } from 'zod';
import { Actor } from './actor.js';
import { FileId, StreamPath, Timestamp } from './ids.js';

const User = z.looseObject({
  username: z.string().min(1),
  name: z.string().optional(),
  display_name: z.string().optional(),
  color: z.string().nullish()
});
/** The authenticated user, as the server's identity provider knows them. */
export type TapUser = z.infer<typeof User>;

/** Who made an update, as the room tap saw it where the server applied it. */
export const Author = z.discriminatedUnion('kind', [
  /** A message on a peer's own connection. `grant` is the actor that the host gave its token to. */
  z.strictObject({
    kind: z.literal('peer'),
    user: User,
    connection: z.string(),
    via: z.enum(['live', 'resync']),
    grant: Actor.optional()
  }),
  /** An HTTP request to the server, e.g. merging a fork. */
  z.strictObject({
    kind: z.literal('request'),
    user: User,
    handler: z.string(),
    method: z.string()
  }),
  /** The server itself. `detail` names the task or extension. */
  z.strictObject({
    kind: z.literal('server'),
    cause: z.enum(['load', 'disk', 'save', 'extension']),
    detail: z.string()
  })
]);
export type Author = z.infer<typeof Author>;

const Numbered = { tap: z.string(), n: z.int().min(1), at: Timestamp };
const Room = { roomId: z.string(), fileId: FileId };

export const FromServer = z.discriminatedUnion('type', [
  /** First frame. */
  z.strictObject({
    type: z.literal('hello'),
    protocol: z.literal(1),
    /** Id of this server process as a tap. */
    tap: z.string(),
    /** Bearer secret of the HTTP API. */
    secret: z.string(),
    baseUrl: z.string(),
    dataDir: z.string(),
    /** The folder that the notebooks are below, as files of this machine; null or absent: none is known. */
    notebooksDir: z.string().nullish(),
    /** Whether the hooks passed their self-test; if not, nothing is `verified`. */
    hooksTrusted: z.boolean(),
    settings: z.strictObject({
      agentIdleSeconds: z.number().min(0),
      sourceWaitSeconds: z.number().min(0),
      editPauseSeconds: z.number().min(0),
      maxBodyBytes: z.int().min(1024),
      /** Keep one runtime agent started in advance once a notebook has needed one. */
      spareAgent: z.boolean().default(true),
      /** Push subscriptions may go to addresses of the server's own network. */
      allowPrivateWebhooks: z.boolean().default(false),
      /** How many bytes of one cell's outputs may stand in the document. */
      outputInlineBytes: z.int().min(0).default(1_000_000),
      /** So long the output is kept that nothing refers to any more. */
      artifactGraceDays: z.number().min(0).default(7)
    })
  }),
  /** A room came into being for `author`; its document is empty. Starts a new Yjs history (epoch). */
  z.strictObject({
    type: z.literal('room.opened'),
    ...Numbered,
    ...Room,
    path: z.string(),
    author: Author
  }),
  /** Payload: Yjs update. Before `room.ready` the room is loading. */
  z.strictObject({ type: z.literal('room.update'), ...Numbered, ...Room, author: Author }),
  /** The content is loaded. */
  z.strictObject({ type: z.literal('room.ready'), ...Numbered, ...Room }),
  z.strictObject({ type: z.literal('room.closed'), ...Numbered, ...Room }),
  /**
   * Answer to `snapshot.request`, or a room that was there before the tap. Payload: the whole document
   * as one update; a new epoch. `room.ready` follows, at once if the content is loaded.
   */
  z.strictObject({ type: z.literal('room.snapshot'), ...Numbered, ...Room, path: z.string() }),
  z.strictObject({
    type: z.literal('refusal'),
    ...Numbered,
    reason: z.enum(['unauthenticated', 'forbidden', 'xsrf', 'origin', 'forged-header']),
    method: z.string(),
    path: z.string(),
    remoteIp: z.string(),
    username: z.string().nullable()
  }),
  /** Everything numbered that the server applied before `flush` has been sent. */
  z.strictObject({ type: z.literal('flushed'), id: z.string() }),
  z.strictObject({ type: z.literal('token.granted'), id: z.string() }),
  /** Path of a file by its id at this moment; null if it does not exist. */
  z.strictObject({ type: z.literal('path'), id: z.string(), path: z.string().nullable() })
]);
export type FromServer = z.infer<typeof FromServer>;

export const ToServer = z.discriminatedUnion('type', [
  /** The journal is open and the HTTP API listens on 127.0.0.1:`port`. */
  z.strictObject({
    type: z.literal('listening'),
    port: z.int(),
    version: z.string(),
    pid: z.int()
  }),
  /** The last number taken of a tap, 0 if none; sent for a tap once its first frame or hello is seen. */
  z.strictObject({ type: z.literal('welcome'), tap: z.string(), last: z.int().min(0) }),
  /** Durable up to and including `n`. */
  z.strictObject({ type: z.literal('ack'), tap: z.string(), n: z.int() }),
  z.strictObject({ type: z.literal('flush'), id: z.string() }),
  z.strictObject({ type: z.literal('snapshot.request'), roomId: z.string() }),
  /** A connection that presents `token` is this actor. Revoked when the host ends. */
  z.strictObject({
    type: z.literal('token.grant'),
    id: z.string(),
    token: z.string(),
    actor: Actor,
    stream: StreamPath
  }),
  z.strictObject({ type: z.literal('token.revoke'), token: z.string() }),
  z.strictObject({ type: z.literal('path.request'), id: z.string(), fileId: FileId }),
  /** For the status bar and the log. */
  z.strictObject({
    type: z.literal('notice'),
    level: z.enum(['info', 'warning', 'error']),
    code: z.string(),
    message: z.string()
  }),
  /** The host cannot work and exits. */
  z.strictObject({
    type: z.literal('fatal'),
    code: z.enum(['journal-locked', 'sqlite-too-old', 'journal-unusable', 'protocol']),
    message: z.string(),
    remedy: z.string()
  })
]);
export type ToServer = z.infer<typeof ToServer>;
