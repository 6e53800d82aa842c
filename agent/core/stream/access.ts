/**
 * Who may read and write a stream. A notebook's streams follow the notebook, as the server's authorizer
 * sees it; every other stream belongs to who began it, and follows its own rules or those of the
 * nearest stream above it. Pure: whoever asks brings the rules that hold now. Guarantees that what is
 * not allowed by a rule is refused, and that what is allowed says by which.
 */
import { fileIdOf } from '../../../schema/index.js';
import type { Actor, Draft, Event, Rejection, StreamPath } from '../../../schema/index.js';
import { personOf } from '../actors.js';

/**
 * What the door knows that somebody may do. `<resource>:<action>` is the answer of Jupyter Server's
 * authorizer; `streams:write`: may write at all, where the rules of a stream let them; `server`:
 * people are not told apart here, so that everybody owns every stream; `admin`: may do everything.
 */
export const RIGHTS = [
  'contents:read',
  'contents:write',
  'kernels:execute',
  'server:write',
  'streams:write',
  'server',
  'admin'
] as const;
export type Right = (typeof RIGHTS)[number];

/** Who asks: the username, and what the door let them do. */
export interface Asker {
  readonly username: string;
  readonly may: readonly Right[];
}

/** `own`: changing who may read and write it, and deleting it. `run`: commands of a notebook. */
export type Want = 'read' | 'write' | 'own' | 'run';

/** The rules of one stream that has begun. */
export interface AccessRules {
  /** Username; null: nobody's. */
  readonly owner: string | null;
  /** What everybody may; null: what the stream above says, as long as there is no rule of its own. */
  readonly everybody: 'nothing' | 'read' | 'write' | null;
  readonly granted: Readonly<Record<string, 'read' | 'write'>>;
}

/** Stated by the server alone, and no person's. */
const SYSTEM_STREAMS: ReadonlySet<string> = new Set(['/refusals', '/record', '/deletions']);

/** Is it a stream that the server alone writes? */
export function isSystemStream(stream: StreamPath): boolean {
  return SYSTEM_STREAMS.has(stream);
}

/** The notebook's stream that this one is, or is below; undefined for every other stream. */
export function notebookOf(stream: StreamPath): StreamPath | undefined {
  const own = stream.split('/').slice(0, 3).join('/') as StreamPath;
  return fileIdOf(own) === undefined ? undefined : own;
}

/** The streams above it whose rules it may have, nearest first. The root passes nothing on. */
export function ancestorsOf(stream: StreamPath): StreamPath[] {
  const parts = stream.split('/').slice(1);
  return parts
    .map((_, index) => `/${parts.slice(0, parts.length - 1 - index).join('/')}` as StreamPath)
    .filter(path => path !== '/' && notebookOf(path) === undefined);
}

/** How many levels a stream is below another; 0 for itself, which must be it or above it. */
export function depthBelow(above: StreamPath, stream: StreamPath): number {
  const levels = (path: StreamPath) => (path === '/' ? 0 : path.split('/').length - 1);
  return levels(stream) - levels(above);
}

/** The rules of a stream that this actor begins: a person's own, a program's that of its person. */
export function begun(stream: StreamPath, actor: Actor): AccessRules {
  const person = personOf(actor);
  const owner = person.kind === 'human' && !isSystemStream(stream) ? person.id : null;
  return { owner, everybody: null, granted: {} };
}

/** The rules after a fact of the stream. Total over every fact. */
export function evolveAccess(rules: AccessRules, fact: Draft | Event): AccessRules {
  const everybody = rules.everybody ?? 'nothing';
  switch (fact.type) {
    case 'stream.made-public':
      return { ...rules, everybody: fact.data.write === true ? 'write' : 'read' };
    case 'stream.made-private':
      return { ...rules, everybody: 'nothing' };
    case 'access.granted': {
      const granted = { ...rules.granted, [fact.data.username]: fact.data.may };
      return { ...rules, everybody, granted };
    }
    case 'access.revoked': {
      const kept = Object.entries(rules.granted).filter(([name]) => name !== fact.data.username);
      return { ...rules, everybody, granted: Object.fromEntries(kept) };
    }
    default:
      return rules;
  }
}

const ACCESS_FACTS: ReadonlySet<string> = new Set([
  'stream.made-public',
  'stream.made-private',
  'access.granted',
  'access.revoked'
]);

/** Is it a fact about who may use its stream? */
export function changesAccess(type: string): boolean {
  return ACCESS_FACTS.has(type);
}

/** What a post of this type needs: who may use a stream, and how long it keeps what others wrote, its owner says. */
export function neededFor(type: string): Want {
  return changesAccess(type) || type === 'stream.retention-configured' ? 'own' : 'write';
}

/** What let somebody in, as the event bears it; or the refusal. */
export type Access = { readonly entitlement: string } | { readonly rejection: Rejection };

type RulesOf = (stream: StreamPath) => AccessRules | undefined;

/**
 * Whether somebody may. `rulesOf`: the rules of a stream that has begun, undefined for one that has
 * not; who writes there begins it. Whether a notebook's file is there for them is the caller's to ask.
 */
export function decideAccess(
  { username, may }: Asker,
  stream: StreamPath,
  want: Want,
  rulesOf: RulesOf
): Access {
  if (may.includes('admin')) {
    return { entitlement: 'admin' };
  }
  const rights = rightsFor(stream, want);
  const [right] = rights;
  if (right !== undefined) {
    const missing = rights.find(each => !may.includes(each));
    return missing === undefined ? { entitlement: right } : refused(stream, want, missing);
  }
  if (want !== 'read' && !may.includes('streams:write')) {
    return refused(stream, want, 'contents:write');
  }
  if (may.includes('server')) {
    return { entitlement: 'server' };
  }
  const entitlement = personal(username, stream, want, rulesOf);
  return entitlement === null ? refused(stream, want, null) : { entitlement };
}

/** The rights that decide, whoever asks, the one that entitles first; none where the stream's rules do. */
function rightsFor(stream: StreamPath, want: Want): readonly Right[] {
  if (isSystemStream(stream)) {
    return [want === 'read' ? 'server:write' : 'admin'];
  }
  if (want === 'run') {
    return ['kernels:execute'];
  }
  if (notebookOf(stream) === undefined) {
    return [];
  }
  // The answer to a write shows what is there: the stored event of a key, the next offset.
  return want === 'read' ? ['contents:read'] : ['contents:write', 'contents:read'];
}

/** Walks up to the first stream with rules of its own; an owner on the way is let in, too. */
function personal(
  username: string,
  stream: StreamPath,
  want: Want,
  rulesOf: RulesOf
): string | null {
  let someOnesOwn = false;
  let begunAbove = false;
  for (const path of [stream, ...ancestorsOf(stream)]) {
    const rules = rulesOf(path);
    if (rules === undefined) {
      continue;
    }
    begunAbove = true;
    // Whoever owns what is above may use what somebody else began below it, and no more.
    if (rules.owner === username && !(want === 'own' && someOnesOwn)) {
      return 'owner';
    }
    if (rules.everybody !== null) {
      return givenBy(rules, username, want);
    }
    someOnesOwn ||= rules.owner !== null;
  }
  // Where nobody has begun anything there is nothing to hide, and anybody may begin.
  return begunAbove ? null : 'owner';
}

function givenBy(rules: AccessRules, username: string, want: Want): string | null {
  const allows = (may: 'nothing' | 'read' | 'write' | null | undefined) =>
    may === 'write' ? want !== 'own' : may === 'read' && want === 'read';
  const granted = Object.hasOwn(rules.granted, username) ? rules.granted[username] : undefined;
  if (allows(granted)) {
    return `granted:${want}`;
  }
  return allows(rules.everybody) ? `public:${want}` : null;
}

const VERBS: Record<Want, string> = {
  read: 'read',
  write: 'write to',
  own: 'delete, or change who may use,',
  run: 'run anything in'
};

function refused(stream: StreamPath, want: Want, right: Right | null): Access {
  const what = `You may not ${VERBS[want]} ${stream}`;
  const detail =
    right === null
      ? `${what}. Ask its owner to post {"type": "access.granted", "payload": {"username": …, "may": …}} there.`
      : `${what}: for that the server must let you ${right.split(':').reverse().join(' ')}.`;
  return { rejection: { code: 'forbidden', detail, at: { stream, want } } };
}
