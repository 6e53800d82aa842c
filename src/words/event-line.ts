/**
 * One event of a stream in one line: its type, and what it says in short. The line is for following;
 * the whole event is what the open API shows of it.
 */
import { published } from '../../schema/post.js';
import type { Event, EventOf } from '../../schema/index.js';

/** Longest short text, in UTF-16 code units. */
const LONGEST = 240;
/** Deepest nesting that a short text goes into. */
const DEEPEST = 2;

/** What says most stands first, without its key. */
const FIRST_KEYS = [
  'text',
  'message',
  'content',
  'outcome',
  'error',
  'reason',
  'detail',
  'source',
  'preview',
  'path',
  'slug',
  'title',
  'name'
];
/** What is in them is what the event says; shown without their names. */
const WRAPPERS = new Set(['output', 'outputs', 'splice']);
/** Long, and of no use to a reader of one line. */
const LEFT_OUT = new Set(['sourceHash', 'digest', 'bytes', 'mimeTypes', 'allowError']);

/** The type as the open API shows it: that of its sender for what was posted. */
export function typeOf(event: Event): string {
  return event.type === 'event.posted' ? event.data.type : event.type;
}

/** Is it a type of Colophon's own, which has a page that explains it? */
export function isOwnType(event: Event): boolean {
  return event.type !== 'event.posted';
}

/** What the event says, in one line. */
export function shortText(event: Event): string {
  const text =
    event.type === 'output.changed'
      ? grownText(event.data)
      : pieceOf(event.type === 'event.posted' ? event.data.payload : event.data, 0);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}

/** The whole event as the open API shows it, for reading. */
export function eventJson(event: Event): string {
  return JSON.stringify(published(event), null, 2);
}

/** Of an output that grows its newest line, as far as the event has it. */
function grownText({ output, ...place }: EventOf<'output.changed'>['data']): string {
  const lines = output.preview.split('\n').filter(line => line.trim() !== '');
  const preview = `${lines.length > 1 ? '… ' : ''}${lines.at(-1) ?? ''}`;
  return pieceOf({ ...place, output: { ...output, preview } }, 0);
}

function pieceOf(value: unknown, depth: number): string {
  if (typeof value === 'string') {
    return shortened(value);
  }
  if (value === null || typeof value !== 'object') {
    return String(value);
  }
  if (Array.isArray(value) && depth === 0) {
    return value.map(item => pieceOf(item, 0)).join(' · ');
  }
  if (Array.isArray(value)) {
    return depth > DEEPEST
      ? `[${value.length}]`
      : `[${value
          .slice(0, 4)
          .map(item => pieceOf(item, depth + 1))
          .join(', ')}${value.length > 4 ? ', …' : ''}]`;
  }
  return objectPiece(value as Record<string, unknown>, depth);
}

function objectPiece(value: Record<string, unknown>, depth: number): string {
  if (typeof value['inserted'] === 'string' && typeof value['deleted'] === 'string') {
    return splicePiece(value['deleted'], value['inserted']);
  }
  if (depth > DEEPEST) {
    return '{…}';
  }
  const entries = Object.entries(value).filter(
    ([key, item]) => !LEFT_OUT.has(key) && item !== undefined && item !== ''
  );
  const first = FIRST_KEYS.find(key => typeof value[key] === 'string' && value[key] !== '');
  const rank = ([key]: readonly [string, unknown]) =>
    key === first || WRAPPERS.has(key) ? 0 : /Id$|^index$|^epoch$/.test(key) ? 2 : 1;
  const text = entries
    .sort((a, b) => rank(a) - rank(b))
    .map(entry => {
      const [key, item] = entry;
      const piece = pieceOf(item, depth + (WRAPPERS.has(key) ? 0 : 1));
      return rank(entry) === 0 ? piece : `${key}: ${piece}`;
    })
    .filter(piece => piece !== '')
    .join(' · ');
  return depth === 0 ? text : `{${text}}`;
}

function splicePiece(deleted: string, inserted: string): string {
  return [deleted && `− ${shortened(deleted)}`, inserted && `+ ${shortened(inserted)}`]
    .filter(part => part !== '')
    .join(' ');
}

/** Ids and digests by their beginning; line ends made visible. */
function shortened(text: string): string {
  const id =
    /^([0-9a-f]{8})-[0-9a-f-]{27}$/.exec(text) ?? /^([0-9a-f]{8})[0-9a-f]{24,}$/.exec(text);
  return (
    id?.[1] ??
    text
      .slice(0, LONGEST * 2)
      .replace(/\s*\n\s*/g, ' ⏎ ')
      .trim()
  );
}
