/** What a door may ask of the record beside its streams: questions in SQL, and exports. */
export { EXPORT_FORMATS } from '../ports/record.js';
export type { RecordReader } from '../ports/record.js';
