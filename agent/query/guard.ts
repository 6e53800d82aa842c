/**
 * What a query may do, decided by SQLite's authorizer while the statement is compiled: read the
 * views, call functions that compute, and nothing else. Everything that is not listed is denied.
 */
import { constants } from 'node:sqlite';
import { TABLES, VIEW_NAMES, type InnerNames } from './views.js';

/** Table-valued functions that only compute. */
const COMPUTING = new Set(['json_each', 'json_tree']);

/** Functions that compute from their arguments alone. */
const FUNCTIONS: ReadonlySet<string> = new Set(
  `abs acos acosh asin asinh atan atan2 atanh avg ceil ceiling char coalesce concat concat_ws cos cosh
  count cume_dist current_date current_time current_timestamp date datetime degrees dense_rank exp
  first_value floor format glob group_concat hex if ifnull iif instr json json_array json_array_insert
  json_array_length json_error_position json_extract json_group_array json_group_object json_insert
  json_object json_patch json_pretty json_quote json_remove json_replace json_set json_type json_valid
  -> ->> julianday lag last_value lead length like likelihood likely ln log log10 log2 lower ltrim max
  median min mod nth_value ntile nullif octet_length percent_rank percentile percentile_cont
  percentile_disc pi pow power printf quote radians random randomblob rank replace round row_number
  rtrim sign sin sinh sqlite_version sqrt strftime string_agg substr substring sum tan tanh time
  timediff total trim trunc typeof unhex unicode unistr unixepoch unlikely upper zeroblob`.split(
    /\s+/
  )
);

/**
 * The function for `DatabaseSync.setAuthorizer`, for a connection with these inner views. `tables`:
 * the names of every table and module that the connection knows, in lower case.
 */
export function guard(
  names: InnerNames,
  tables: ReadonlySet<string>
): (
  action: number,
  first: string | null,
  second: string | null,
  database: string | null,
  through: string | null
) => number {
  const inner = new Set([names.streams, names.facts]);
  const temporary = new Set<string>([...VIEW_NAMES, names.streams, names.facts, names.readable]);
  const readable = (table: string, database: string | null, through: string | null) => {
    if (COMPUTING.has(table) || (database !== 'main' && temporary.has(table))) {
      return true;
    }
    // Without a database it is a name of the query's own, of which no column is read, or a table.
    return database === null
      ? !tables.has(table) && !/^(?:sqlite|pragma)_/.test(table)
      : TABLES.has(table) && through !== null && inner.has(through);
  };
  return (action, first, second, database, through) => {
    switch (action) {
      case constants.SQLITE_SELECT:
      case constants.SQLITE_RECURSIVE:
        return constants.SQLITE_OK;
      case constants.SQLITE_FUNCTION:
        return FUNCTIONS.has((second ?? '').toLowerCase())
          ? constants.SQLITE_OK
          : constants.SQLITE_DENY;
      case constants.SQLITE_READ:
        return readable((first ?? '').toLowerCase(), database, through)
          ? constants.SQLITE_OK
          : constants.SQLITE_DENY;
      default:
        return constants.SQLITE_DENY;
    }
  };
}
