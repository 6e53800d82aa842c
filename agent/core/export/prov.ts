/**
 * The record as W3C PROV-JSON: events, sources and outputs are entities, runs are activities, who did
 * them are agents. Written piece by piece, so that the whole is never in memory; it reads the events
 * several times for that.
 */
import type { Actor, ActorIdentity, Event } from '../../../schema/index.js';
import { identityOf } from '../actors.js';
import {
  agentId,
  eventId,
  executionId,
  local,
  outputId,
  PREFIXES,
  sourceId
} from './prov-names.js';
import { RUN_TYPES, runsOf, type Run } from './runs.js';

/** Gives the same events each time, ordered by stream and offset; only these types, if any are given. */
export type EventSource = (types?: readonly Event['type'][]) => Iterable<Event>;

type Attributes = Record<string, string | number | { readonly $: string; readonly type: string }>;
type Statement = readonly [id: string, attributes: Attributes];

/** The whole document in pieces. */
export function* provOf(events: EventSource): Generator<string> {
  const agents = new Map<string, Statement>();
  const delegations = new Map<string, Statement>();
  const meet = (actor: Actor) => {
    agents.set(agentId(actor), agentOf(identityOf(actor)));
    for (const other of [actor.onBehalfOf, actor.via]) {
      if (other !== undefined) {
        agents.set(agentId(other), agentOf(other));
      }
    }
    if (actor.onBehalfOf !== undefined) {
      const [delegate, responsible] = [agentId(actor), agentId(actor.onBehalfOf)];
      const relation = { 'prov:delegate': delegate, 'prov:responsible': responsible };
      delegations.set(`${delegate} ${responsible}`, [`_:d${delegations.size + 1}`, relation]);
    }
  };
  const runs = () => runsOf(events(RUN_TYPES));
  yield `{"prefix":${JSON.stringify(PREFIXES)}`;
  yield* section('entity', entities(events, meet));
  yield* section('activity', each(runs(), activity));
  yield* section('wasAttributedTo', each(events(), attribution));
  yield* section('used', each(runs(), usage));
  yield* section('wasGeneratedBy', each(runs(), generations));
  yield* section('wasAssociatedWith', each(runs(), associations));
  yield* section('agent', agents.values());
  yield* section('actedOnBehalfOf', delegations.values());
  yield '}\n';
}

function* section(name: string, statements: Iterable<Statement>): Generator<string> {
  let before = `,${JSON.stringify(name)}:{`;
  for (const [id, attributes] of statements) {
    yield `${before}${JSON.stringify(id)}:${JSON.stringify(attributes)}`;
    before = ',';
  }
  // A section without statements is left out.
  if (before === ',') {
    yield '}';
  }
}

function* each<T>(
  items: Iterable<T>,
  state: (item: T) => Iterable<Statement>
): Generator<Statement> {
  for (const item of items) {
    yield* state(item);
  }
}

function* entities(events: EventSource, meet: (actor: Actor) => void): Generator<Statement> {
  for (const event of events()) {
    meet(event.actor);
    yield [eventId(event), eventEntity(event)];
  }
  const known = new Set<string>();
  for (const run of runsOf(events(RUN_TYPES))) {
    meet({ ...run.requester });
    const id = sourceId(run);
    if (!known.has(id)) {
      known.add(id);
      yield [id, sourceEntity(run)];
    }
    for (const [index, output] of run.outputs.entries()) {
      const { outputType, digest, bytes, preview } = output;
      yield [
        outputId(run, index),
        {
          'prov:type': name('colophon:Output'),
          ...{ 'colophon:outputType': outputType, 'colophon:preview': preview },
          ...{ 'colophon:sha256': digest, 'colophon:bytes': bytes }
        }
      ];
    }
  }
}

function eventEntity(event: Event): Attributes {
  const type = event.type === 'event.posted' ? event.data.type : event.type;
  return {
    'prov:type': name('colophon:Event'),
    'prov:label': type,
    'colophon:stream': event.stream,
    'colophon:offset': event.offset,
    'colophon:at': time(event.at),
    'colophon:assurance': event.assurance
  };
}

function sourceEntity({ stream, cellId, source, sourceHash }: Run): Attributes {
  return {
    'prov:type': name('colophon:CellSource'),
    'prov:value': source,
    'colophon:stream': stream,
    'colophon:cellId': cellId,
    'colophon:sha256': sourceHash
  };
}

function* activity(run: Run): Generator<Statement> {
  const { finished } = run;
  yield [
    executionId(run),
    {
      'prov:startTime': run.startedAt,
      ...(finished !== null && { 'prov:endTime': finished.finishedAt }),
      'prov:type': name('colophon:Execution'),
      'colophon:stream': run.stream,
      'colophon:cellId': run.cellId,
      ...(run.kernelName !== null && { 'colophon:kernel': run.kernelName }),
      ...(finished !== null && { 'colophon:outcome': finished.outcome }),
      ...(finished?.error !== undefined && {
        'colophon:error': `${finished.error.ename}: ${finished.error.evalue}`
      })
    }
  ];
}

function* attribution(event: Event): Generator<Statement> {
  yield [
    `_:a-${local(`${event.stream.slice(1)}-${event.offset}`)}`,
    { 'prov:entity': eventId(event), 'prov:agent': agentId(event.actor) }
  ];
}

function* usage(run: Run): Generator<Statement> {
  const relation = { 'prov:activity': executionId(run), 'prov:entity': sourceId(run) };
  yield [`_:u-${local(run.executionId)}`, { ...relation, 'prov:time': run.startedAt }];
}

function* generations(run: Run): Generator<Statement> {
  for (const index of run.outputs.keys()) {
    yield [
      `_:g-${local(run.executionId)}-${index}`,
      { 'prov:entity': outputId(run, index), 'prov:activity': executionId(run) }
    ];
  }
}

function* associations(run: Run): Generator<Statement> {
  const of = (role: string, agent: string): Statement => [
    `_:${role}-${local(run.executionId)}`,
    { 'prov:activity': executionId(run), 'prov:agent': agent, 'prov:role': role }
  ];
  yield of('runner', agentId(run.runner));
  yield of('requester', agentId(run.requester));
}

function agentOf(actor: ActorIdentity): Statement {
  const type = actor.kind === 'human' ? 'prov:Person' : 'prov:SoftwareAgent';
  return [
    agentId(actor),
    {
      'prov:type': name(type),
      'prov:label': actor.name ?? actor.id,
      'colophon:id': actor.id,
      'colophon:kind': actor.kind
    }
  ];
}

const name = (qualified: string) => ({ $: qualified, type: 'prov:QUALIFIED_NAME' });
const time = (at: string) => ({ $: at, type: 'xsd:dateTime' });
