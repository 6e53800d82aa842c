/** Who, in words and in colour. A name is a snapshot; the id decides who is the same. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Actor, ActorIdentity, Assurance } from '../../schema/index.js';

/** The actor's name: "Alice", "Colophon runtime", "the disk". */
export function actorName(actor: ActorIdentity, trans: TranslationBundle): string {
  switch (actor.kind) {
    case 'human':
    case 'assistant':
      return actor.name ?? actor.id;
    case 'runtime':
      return trans.__('Runtime');
    case 'system':
      return systemName(actor, trans);
  }
}

function systemName({ id, name }: ActorIdentity, trans: TranslationBundle): string {
  switch (id) {
    case 'disk':
      return trans.__('File on disk');
    case 'load':
    case 'save':
      return trans.__('Jupyter Server');
    default:
      return id.startsWith('extension:') ? extensionName(id) : (name ?? id);
  }
}

/** The package, without the place in its code: `extension:package:Class.method`. */
function extensionName(id: string): string {
  return id.split(':')[1] ?? id;
}

/** The name, and for whom: "Runtime for Alice". */
export function actorWords(actor: Actor, trans: TranslationBundle): string {
  const name = actorName(actor, trans);
  return actor.onBehalfOf === undefined
    ? name
    : trans.__('%1 for %2', name, actorName(actor.onBehalfOf, trans));
}

/** What to say about the authorship; undefined if it is verified and there is nothing to say. */
export function assuranceWords(
  actor: Actor,
  assurance: Assurance,
  trans: TranslationBundle
): string | undefined {
  switch (assurance) {
    case 'verified':
      return undefined;
    case 'relayed':
      return actor.via === undefined
        ? trans.__('passed on')
        : trans.__('passed on by %1', actorName(actor.via, trans));
    case 'unverified':
      return trans.__('unverified');
  }
}

/** One or two capitals for a badge. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter(word => word !== '');
  const picked = words.length > 1 ? [words[0], words[words.length - 1]] : [words[0]];
  return picked.map(word => [...(word ?? '?')][0]?.toLocaleUpperCase() ?? '').join('');
}

/** A key by which two actors are the same; for filters. */
export function actorKey(actor: ActorIdentity): string {
  return `${actor.kind}:${actor.id}`;
}

/** The actor's own colour, or one of JupyterLab's by the id; a CSS value. */
export function actorColor(actor: ActorIdentity): string {
  if (actor.color !== undefined && actor.color !== '') {
    return actor.color;
  }
  switch (actor.kind) {
    case 'human':
      return `var(--jp-collaborator-color${(hash(actor.id) % 7) + 1})`;
    case 'assistant':
      return 'var(--jp-brand-color1)';
    case 'runtime':
    case 'system':
      return 'var(--jp-ui-font-color3)';
  }
}

function hash(text: string): number {
  let value = 0;
  for (const character of text) {
    value = (value * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  }
  return value;
}
