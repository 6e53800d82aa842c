/** The names of things in a PROV document: stable, and valid as qualified names whatever they are made of. */
import type { ActorIdentity, Event } from '../../../schema/index.js';
import type { Run } from './runs.js';

/** The prefixes of the names, beside `prov` and `xsd`. */
export const PREFIXES = {
  colophon: 'urn:colophon:',
  person: 'urn:colophon:person:',
  software: 'urn:colophon:software:',
  event: 'urn:colophon:event:',
  source: 'urn:colophon:source:',
  execution: 'urn:colophon:execution:',
  output: 'urn:colophon:output:'
};

/** Of a person or program. */
export const agentId = ({ kind, id }: ActorIdentity) =>
  kind === 'human' ? `person:${local(id)}` : `software:${kind}-${local(id)}`;
/** Of an event. */
export const eventId = ({ stream, offset }: Event) =>
  `event:${local(`${stream.slice(1)}@${offset}`)}`;
/** Of a run. */
export const executionId = (run: Run) => `execution:${local(run.executionId)}`;
/** Of one output of a run. */
export const outputId = (run: Run, index: number) => `output:${local(run.executionId)}-${index}`;
/** Of the source of a cell as it was run; the same for the same source. */
export const sourceId = ({ stream, cellId, sourceHash }: Run) =>
  `source:${local(`${stream.slice(1)}/${cellId}`)}-${sourceHash}`;

/** A local name that needs no escapes: everything but letters, digits, `_`, `-` and `.` as %XX. */
export function local(text: string): string {
  return encodeURIComponent(text.replace(/[\ud800-\udfff]/gu, '\ufffd')).replace(
    /[!'()*~]/g,
    letter => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`
  );
}
