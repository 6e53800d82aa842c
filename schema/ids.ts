/**
 * Branded identifiers. They are strings on the wire; the brand keeps a cell id from being passed
 * where an execution id belongs.
 */
import { z } from 'zod';

/** The path of a stream: `/` or `/segment/segment…`; segments are URL-safe and never empty. */
export const StreamPath = z
  .string()
  .max(1023)
  .regex(/^\/(?:[A-Za-z0-9_.~-]+(?:\/[A-Za-z0-9_.~-]+)*)?$/, 'not a stream path')
  .brand<'StreamPath'>()
  .describe('Path of a stream: `/` or `/segment/segment…`.');
export type StreamPath = z.infer<typeof StreamPath>;

/** jupyter_server_fileid's id of a file: survives a rename. */
export const FileId = z.string().min(1).max(128).brand<'FileId'>();
export type FileId = z.infer<typeof FileId>;

/** nbformat cell id. */
export const CellId = z
  .string()
  .min(1)
  .max(128)
  .brand<'CellId'>()
  .describe('Id of the cell, as nbformat has it.');
export type CellId = z.infer<typeof CellId>;

/** One run of one cell; also the msg_id of its execute_request. */
export const ExecutionId = z
  .string()
  .min(1)
  .max(128)
  .brand<'ExecutionId'>()
  .describe('Id of one run of one cell; also the msg_id of its execute_request.');
export type ExecutionId = z.infer<typeof ExecutionId>;

/** The executions that one gesture asked for (run all, run selected …). */
export const RunId = z
  .string()
  .min(1)
  .max(128)
  .brand<'RunId'>()
  .describe('Shared by the runs that one gesture asked for.');
export type RunId = z.infer<typeof RunId>;

/** Unique id of an event. */
export const EventId = z
  .string()
  .min(1)
  .max(128)
  .brand<'EventId'>()
  .describe('Unique id of the event.');
export type EventId = z.infer<typeof EventId>;

/** Unique id of a command, chosen by its sender; the same id twice is done once. */
export const CommandId = z
  .string()
  .min(1)
  .max(128)
  .brand<'CommandId'>()
  .describe('Chosen by the sender; the same id twice is done once.');
export type CommandId = z.infer<typeof CommandId>;

/** Lower-case hexadecimal SHA-256. */
export const Digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'not a SHA-256 digest')
  .brand<'Digest'>()
  .describe('Lower-case hexadecimal SHA-256.');
export type Digest = z.infer<typeof Digest>;

/** ISO 8601 in UTC with milliseconds. */
export const Timestamp = z.iso.datetime().describe('ISO 8601 in UTC with milliseconds.');
export type Timestamp = z.infer<typeof Timestamp>;

const NOTEBOOKS = '/notebooks/';

/** The stream of the notebook with this file id. */
export function notebookStream(fileId: FileId): StreamPath {
  return `${NOTEBOOKS}${fileId}` as StreamPath;
}

/** The file id of a notebook's own stream; undefined for every other stream. */
export function fileIdOf(stream: StreamPath): FileId | undefined {
  const rest = stream.startsWith(NOTEBOOKS) ? stream.slice(NOTEBOOKS.length) : '';
  return rest !== '' && !rest.includes('/') ? (rest as FileId) : undefined;
}
