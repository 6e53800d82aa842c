/**
 * How one operation of the HTTP API is written down: what it takes, what it answers, how it refuses.
 * The description that is served, the page for people and the checks in the tests are made of these.
 */
import type { z } from 'zod';
import type { ProblemCode } from '../../../schema/index.js';

export type Tag = 'Streams' | 'Notebooks' | 'Record' | 'Service' | 'Description';

export interface Parameter {
  readonly in: 'query' | 'header';
  /** Of the value that the text stands for; its description is the parameter's. */
  readonly schema: z.ZodType;
  readonly required?: true;
}

/** What a body of one media type is. */
export type Content =
  /** One JSON value. */
  | z.ZodType
  /** Text that is no JSON, in words. */
  | { readonly text: string }
  /** A stream of JSON values: data lines of server-sent events, or one in a line. */
  | { readonly each: z.ZodType; readonly text: string };

export interface Operation {
  /** Unique; a client's function gets this name. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `api/`, or below `colophon/` for what the server extension answers. `{path}` is a part that varies. */
  readonly path: `/${string}`;
  readonly tag: Tag;
  /** One sentence. */
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: Readonly<Record<string, Parameter>>;
  /** By media type. */
  readonly body?: Readonly<Record<string, Content>>;
  readonly bodyExample?: unknown;
  /** What 200 answers, by media type; `null`: 101, another protocol follows. */
  readonly answers: Readonly<Record<string, Content>> | null;
  /** 206 answers the same, in part. */
  readonly partial?: true;
  /** Besides those that every operation may answer. */
  readonly refusals?: readonly ProblemCode[];
  /** Answered by Jupyter Server itself, also when the host is away. */
  readonly byServer?: true;
}

/** The refusals that any operation may answer: the doors in front of it, and what is not to be helped. */
export const ALWAYS: readonly ProblemCode[] = [
  'malformed-request',
  'forged-header',
  'unauthenticated',
  'forbidden',
  'host-unavailable',
  'journal-unwritable',
  'internal'
];
