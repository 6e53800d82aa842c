/** One output of a cell, as nbformat has it. Pure. */
import type { Json } from '../../../schema/index.js';

/** An nbformat output; a stream's text is one string. */
export type Output = { readonly output_type: string } & Readonly<Record<string, Json>>;
