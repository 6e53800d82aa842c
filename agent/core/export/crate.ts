/**
 * Runs as a Process Run Crate 0.5: the files of an RO-Crate 1.1, of which ro-crate-metadata.json says
 * who ran what, with which kernel, on which source, and what it gave. Written piece by piece.
 */
import type { ActorIdentity } from '../../../schema/index.js';
import { digestOf } from '../digest.js';
import type { EventSource } from './prov.js';
import { RUN_TYPES, runsOf, type Run } from './runs.js';

/** A file of the crate, by its path in it. Its pieces can be read once. */
export interface CrateFile {
  readonly path: string;
  readonly pieces: Iterable<string>;
}

export interface CrateOptions {
  /** What was exported, for a person. */
  readonly subject: string;
  /** When, as a timestamp. */
  readonly at: string;
  /** The lines of the same export as JSON Lines, kept beside as events.jsonl. */
  readonly lines: () => Iterable<string>;
}

type Entity = Readonly<Record<string, unknown>> & { readonly '@id': string };

const PROFILE = 'https://w3id.org/ro/wfrun/process/0.5';
const CONTEXT = [
  'https://w3id.org/ro/crate/1.1/context',
  'https://w3id.org/ro/terms/workflow-run/context'
];
const EVENTS = 'events.jsonl';

/** Every file of the crate; ro-crate-metadata.json is the last. */
export function* crateOf(events: EventSource, options: CrateOptions): Generator<CrateFile> {
  const runs = () => runsOf(events(RUN_TYPES));
  yield { path: EVENTS, pieces: options.lines() };
  yield* partsOf(runs());
  yield { path: 'ro-crate-metadata.json', pieces: metadata(runs, options) };
}

function* metadata(runs: () => Iterable<Run>, options: CrateOptions): Generator<string> {
  yield `{"@context":${JSON.stringify(CONTEXT)},"@graph":[`;
  yield JSON.stringify({
    '@id': 'ro-crate-metadata.json',
    '@type': 'CreativeWork',
    about: { '@id': './' },
    conformsTo: { '@id': 'https://w3id.org/ro/crate/1.1' }
  });
  yield* root(runs, options);
  for (const entity of entitiesOf(runs())) {
    yield `,\n${JSON.stringify(entity)}`;
  }
  yield ']}\n';
}

function* root(runs: () => Iterable<Run>, { subject, at }: CrateOptions): Generator<string> {
  const start = JSON.stringify({
    '@id': './',
    '@type': 'Dataset',
    name: `Record of ${subject}`,
    description: `What Colophon recorded of ${subject}: every run with its source, its outcome, who asked for it and what it gave.`,
    datePublished: at,
    license: 'No licence is stated.',
    conformsTo: { '@id': PROFILE }
  });
  yield `,\n${start.slice(0, -1)},"hasPart":[${reference(EVENTS)}`;
  for (const { path } of partsOf(runs())) {
    yield `,${reference(path)}`;
  }
  let before = '],"mentions":[';
  for (const run of runs()) {
    yield `${before}${reference(actionId(run))}`;
    before = ',';
  }
  yield before === ',' ? ']}' : `${before}]}`;
}

/** The sources and outputs of the runs; a source that several runs share once. */
function* partsOf(runs: Iterable<Run>): Generator<CrateFile> {
  const known = new Set<string>();
  for (const run of runs) {
    const path = sourcePath(run);
    if (!known.has(path)) {
      known.add(path);
      yield { path, pieces: [run.source] };
    }
    if (run.outputs.length > 0) {
      yield { path: outputsPath(run), pieces: [outputsJson(run)] };
    }
  }
}

/** What the root refers to; an entity that several runs share once. */
function* entitiesOf(runs: Iterable<Run>): Generator<Entity> {
  yield { '@id': PROFILE, '@type': 'CreativeWork', name: 'Process Run Crate', version: '0.5' };
  yield {
    '@id': EVENTS,
    '@type': 'File',
    name: 'The events, in the form that can be imported and verified',
    encodingFormat: 'application/jsonl'
  };
  const known = new Set<string>();
  for (const run of runs) {
    for (const entity of [source(run), person(run.requester), kernel(run)]) {
      if (!known.has(entity['@id'])) {
        known.add(entity['@id']);
        yield entity;
      }
    }
    if (run.outputs.length > 0) {
      yield outputs(run);
    }
    yield action(run);
  }
}

function source(run: Run): Entity {
  return {
    '@id': sourcePath(run),
    '@type': 'File',
    name: `Source of the cell ${run.cellId}`,
    encodingFormat: 'text/plain',
    sha256: run.sourceHash
  };
}

function outputs(run: Run): Entity {
  return {
    '@id': outputsPath(run),
    '@type': 'File',
    name: `Outputs of the run ${run.executionId}`,
    description: 'Kind, size, digest and beginning of each output.',
    encodingFormat: 'application/json',
    sha256: digestOf(outputsJson(run))
  };
}

function person(requester: ActorIdentity): Entity {
  return {
    '@id': personId(requester),
    '@type': requester.kind === 'human' ? 'Person' : 'SoftwareApplication',
    name: requester.name ?? requester.id,
    identifier: requester.id
  };
}

function kernel(run: Run): Entity {
  return {
    '@id': kernelId(run),
    '@type': 'SoftwareApplication',
    name: `Jupyter kernel ${run.kernelName ?? 'of unknown name'}`,
    url: 'https://docs.jupyter.org/en/latest/projects/kernels.html',
    ...(run.environment !== null && environment(run.environment))
  };
}

/** What the kernel ran in; the packages by their digest, the list is in the events. */
function environment(ran: NonNullable<Run['environment']>): Record<string, unknown> {
  const { language, languageVersion, implementation, implementationVersion } = ran;
  const told = {
    programmingLanguage: [language, languageVersion].filter(Boolean).join(' '),
    softwareVersion: [implementation, implementationVersion].filter(Boolean).join(' '),
    softwareRequirements: ran.packages === null ? '' : `packages sha256:${ran.packages}`
  };
  return {
    identifier: ran.environment,
    ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== ''))
  };
}

function action(run: Run): Entity {
  const { finished } = run;
  const failed = finished !== null && finished.outcome !== 'ok';
  const error = finished?.error;
  const reason = error === undefined ? finished?.reason : `${error.ename}: ${error.evalue}`;
  return {
    '@id': actionId(run),
    '@type': 'CreateAction',
    name: `Run of the cell ${run.cellId}`,
    description: `Execution ${run.executionId} in the stream ${run.stream}, asked for at ${run.requestedAt}.`,
    agent: { '@id': personId(run.requester) },
    instrument: { '@id': kernelId(run) },
    object: { '@id': sourcePath(run) },
    ...(run.outputs.length > 0 && { result: { '@id': outputsPath(run) } }),
    startTime: timeOf(run.startedAt),
    ...(finished !== null && {
      endTime: timeOf(finished.finishedAt),
      actionStatus: `http://schema.org/${failed ? 'FailedActionStatus' : 'CompletedActionStatus'}`
    }),
    ...(failed && { error: reason ?? finished.outcome })
  };
}

/** With a numeric zone, as the profile's checks have it. */
const timeOf = (at: string) => at.replace(/Z$/, '+00:00');
const outputsJson = (run: Run) => `${JSON.stringify(run.outputs, null, 2)}\n`;
const reference = (id: string) => JSON.stringify({ '@id': id });
const sourcePath = (run: Run) => `sources/${run.sourceHash}.txt`;
const outputsPath = (run: Run) => `outputs/${idOf(run.executionId)}.json`;
const actionId = (run: Run) => `#execution-${idOf(run.executionId)}`;
const kernelId = ({ environment, kernelName }: Run) =>
  `urn:colophon:kernel:${environment?.environment ?? idOf(kernelName ?? 'unknown')}`;
const personId = ({ kind, id }: ActorIdentity) => `#${kind}-${idOf(id)}`;

/** As part of a path or of a fragment: nothing that has a meaning there. */
function idOf(text: string): string {
  return /^[\w-]{1,128}$/.test(text) ? text : digestOf(text).slice(0, 32);
}
