/**
 * The views that a query may read, as SQL over the journal's tables. They are the documented ones
 * (docs/guide/query.md), and they rest on inner views whose names nobody can know: what reads a table
 * must come through one of those, so that rights on streams hold whatever the query says.
 */

/** The views of the guide. */
export const VIEW_NAMES = [
  'events',
  'cells',
  'executions',
  'outputs',
  'actors',
  'streams'
] as const;

/** The tables of the journal that inner views read. */
export const TABLES: ReadonlySet<string> = new Set(['events', 'streams']);

/** The names that only one query knows. */
export interface InnerNames {
  readonly streams: string;
  readonly facts: string;
  /** The table of the streams that may be read. */
  readonly readable: string;
}

/** Inner names for a secret of letters and digits. */
export function innerNames(secret: string): InnerNames {
  return { streams: `s_${secret}`, facts: `f_${secret}`, readable: `r_${secret}` };
}

/**
 * The statements that make the views, for a connection of its own. `limited`: only streams in the
 * readable table. `entitlement`: the journal has that column.
 *
 * Every inner view compares a column that is no key with something: SQLite reports which view a
 * table is read through only for columns that are read.
 *
 * A limited view ends with a LIMIT that lets every row through. SQLite may not move a condition of the
 * query behind a LIMIT, so that none is ever tried on a row that may not be read: its error, or the
 * time that it takes, would tell of the row. The inner views begin at the readable table, so that no
 * time is spent on such rows either.
 */
export function viewScript(
  names: InnerNames,
  options: { readonly limited: boolean; readonly entitlement: boolean }
): string {
  const streams = options.limited
    ? `temp.${names.readable} r CROSS JOIN main.streams s ON s.id = r.id`
    : 'main.streams s';
  return `
CREATE TEMP VIEW ${names.streams} AS
  SELECT s.id, s.path, s.created_at FROM ${streams} WHERE +s.path <> '';
CREATE TEMP VIEW ${names.facts} AS
  SELECT e.seq, s.path AS stream, e.offset, e.type AS stated, e.actor AS stated_by,
    ${options.entitlement ? 'e.entitlement' : 'NULL'} AS entitlement,
    ${original('id', 'e.id', '->>')},
    ${original('at', 'e.at', '->>')},
    ${original('causationId', 'e.causation', '->>')},
    ${original('correlationId', 'e.correlation', '->>')},
    ${original('actor', 'e.actor', '->')},
    CASE e.type WHEN 'event.imported' THEN e.data ->> '$.assurance' ELSE e.assurance END AS assurance,
    CASE e.type WHEN 'event.imported' THEN e.data ->> '$.event.type' ELSE e.type END AS kind,
    CASE e.type WHEN 'event.imported' THEN e.data -> '$.event.data' ELSE e.data END AS body
  FROM ${streams} ${options.limited ? 'CROSS ' : ''}JOIN main.events e ON e.stream = s.id
  WHERE +s.path <> '' AND +e.type <> '';
${PUBLIC.replaceAll('FACTS', names.facts)
  .replaceAll('STREAMS', names.streams)
  .replaceAll('EVERY', options.limited ? EVERY_ROW : '')}`;
}

const EVERY_ROW = 'LIMIT -1';

/** A part of the envelope: of an imported event that of the original. */
function original(name: string, column: string, take: '->' | '->>'): string {
  return `CASE e.type WHEN 'event.imported' THEN e.data ${take} '$.event.${name}' ELSE ${column} END AS ${name}`;
}

/** The value at the newest row, of the text that `newest` made of seq and value. */
const valueOf = (newest: string) => `substr(${newest}, 17)`;
const newest = (condition: string, value: string) =>
  valueOf(`max(CASE WHEN ${condition} THEN printf('%016d', seq) || ${value} END)`);

const PUBLIC = `
CREATE TEMP VIEW events AS SELECT
  seq, stream, offset, id,
  CASE kind WHEN 'event.posted' THEN body ->> '$.type' ELSE kind END AS type,
  CASE WHEN stated = 'event.imported' THEN 'imported' WHEN kind = 'event.posted' THEN 'posted'
    ELSE 'stated' END AS origin,
  at,
  actor ->> '$.kind' AS actor_kind,
  actor ->> '$.id' AS actor_id,
  actor ->> '$.name' AS actor_name,
  actor ->> '$.onBehalfOf.id' AS on_behalf_of,
  CASE stated WHEN 'event.imported' THEN stated_by ->> '$.id' ELSE actor ->> '$.via.id' END AS via,
  assurance, entitlement,
  causationId AS causation_id,
  correlationId AS correlation_id,
  CASE kind WHEN 'event.posted' THEN body -> '$.payload' ELSE body END AS data
FROM FACTS EVERY;

CREATE TEMP VIEW executions AS SELECT
  stream, execution_id, cell_id, run_id, source, source_hash, requested_at, requested_by,
  kernel_id, kernel_name, execution_count, started_at, finished_at,
  round((julianday(finished_at) - julianday(started_at)) * 86400, 3) AS seconds,
  outcome, reason, error_name, error_value, first_offset, last_offset
FROM (SELECT
  stream,
  body ->> '$.executionId' AS execution_id,
  max(body ->> '$.cellId') AS cell_id,
  max(body ->> '$.runId') AS run_id,
  max(body ->> '$.source') AS source,
  max(body ->> '$.sourceHash') AS source_hash,
  max(CASE WHEN kind = 'execution.requested' THEN at END) AS requested_at,
  max(CASE WHEN kind = 'execution.requested'
    THEN coalesce(actor ->> '$.onBehalfOf.id', actor ->> '$.id') END) AS requested_by,
  max(body ->> '$.kernelId') AS kernel_id,
  max(body ->> '$.kernelName') AS kernel_name,
  max(body ->> '$.executionCount') AS execution_count,
  max(body ->> '$.startedAt') AS started_at,
  max(body ->> '$.finishedAt') AS finished_at,
  max(body ->> '$.outcome') AS outcome,
  max(body ->> '$.reason') AS reason,
  max(body ->> '$.error.ename') AS error_name,
  max(body ->> '$.error.evalue') AS error_value,
  min(offset) AS first_offset,
  max(offset) AS last_offset
  FROM FACTS
  WHERE kind IN ('execution.requested', 'execution.assigned', 'execution.started', 'execution.finished')
  GROUP BY stream, body ->> '$.executionId') EVERY;

CREATE TEMP VIEW cells AS SELECT
  stream,
  body ->> '$.cellId' AS cell_id,
  ${newest(
    "kind IN ('cell.created', 'cell.type-changed')",
    "coalesce(body ->> '$.to', body ->> '$.cellType')"
  )} AS cell_type,
  min(CASE WHEN kind = 'cell.created' THEN at END) AS created_at,
  CASE ${newest("kind IN ('cell.created', 'cell.deleted')", 'kind')}
    WHEN 'cell.deleted' THEN max(CASE WHEN kind = 'cell.deleted' THEN at END) END AS deleted_at,
  count(CASE WHEN kind = 'cell.source-changed' THEN 1 END) AS edits,
  max(CASE WHEN kind = 'cell.source-changed' THEN at END) AS edited_at,
  ${newest("kind = 'cell.source-changed'", "(actor ->> '$.id')")} AS edited_by,
  count(CASE WHEN kind = 'execution.finished' THEN 1 END) AS runs,
  max(CASE WHEN kind = 'execution.finished' THEN at END) AS run_at,
  ${newest("kind = 'execution.finished'", "(body ->> '$.outcome')")} AS outcome
FROM FACTS
WHERE kind IN ('cell.created', 'cell.deleted', 'cell.moved', 'cell.type-changed',
  'cell.source-changed', 'execution.finished')
GROUP BY stream, body ->> '$.cellId' EVERY;

CREATE TEMP VIEW outputs AS SELECT
  stream, offset, at, cell_id,
  CASE WHEN actor_kind = 'runtime' THEN substr(started, 17) END AS execution_id,
  coalesce(body ->> '$.index', 0) + coalesce(item.key, 0) AS output_index,
  substr(kind, 8) AS change,
  summary ->> '$.outputType' AS output_type,
  summary ->> '$.name' AS name,
  summary -> '$.mimeTypes' AS mime_types,
  summary ->> '$.preview' AS preview,
  summary ->> '$.bytes' AS bytes,
  summary ->> '$.digest' AS digest
FROM (SELECT rest.*, item.key, coalesce(item.value, rest.body -> '$.output') AS summary
  FROM (SELECT stream, offset, at, kind, body,
      actor ->> '$.kind' AS actor_kind,
      body ->> '$.cellId' AS cell_id,
      max(CASE WHEN kind = 'execution.started'
        THEN printf('%016d', offset) || (body ->> '$.executionId') END)
        OVER (PARTITION BY stream, body ->> '$.cellId' ORDER BY offset) AS started
    FROM FACTS WHERE kind IN ('execution.started', 'output.added', 'output.changed')) rest
  LEFT JOIN json_each(rest.body, '$.outputs') item
  WHERE rest.kind <> 'execution.started') item EVERY;

CREATE TEMP VIEW actors AS SELECT
  actor ->> '$.kind' AS kind,
  actor ->> '$.id' AS id,
  ${newest("actor ->> '$.name' IS NOT NULL", "(actor ->> '$.name')")} AS name,
  count(*) AS events,
  count(DISTINCT stream) AS streams,
  min(at) AS first_at,
  max(at) AS last_at
FROM FACTS GROUP BY actor ->> '$.kind', actor ->> '$.id' EVERY;

CREATE TEMP VIEW streams AS SELECT
  s.path AS stream,
  CASE WHEN s.path GLOB '/notebooks/*' AND s.path NOT GLOB '/notebooks/*/*'
    THEN substr(s.path, 12) END AS file_id,
  (SELECT coalesce(body ->> '$.to', body ->> '$.path') FROM FACTS f
    WHERE f.stream = s.path AND kind IN ('notebook.opened', 'notebook.renamed')
    ORDER BY offset DESC LIMIT 1) AS notebook,
  s.created_at,
  (SELECT max(offset) FROM FACTS f WHERE f.stream = s.path) AS events,
  (SELECT max(at) FROM FACTS f WHERE f.stream = s.path) AS last_at
FROM STREAMS s ${EVERY_ROW};
`;
