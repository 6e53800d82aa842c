/**
 * A notebook as it would be without artifacts: each link replaced by what it stands for, as text that
 * is put together cell by cell and piece by piece, so that nobody ever has all of it in memory. Pure.
 */
import type { Json } from '../../../schema/index.js';
import { isRecord, toJsonRecord } from '../json.js';
import type { ArtifactForm } from './artifact-form.js';
import { outputLinks, wholeOutputs, type Inlining, type Link } from './whole-outputs.js';

/** Text of the notebook's JSON, or the JSON value of an artifact in this form, quotes included. */
export type NotebookPiece = string | { readonly link: Link; readonly form: ArtifactForm };

/** Text of the notebook's JSON, or the outputs of a cell, whose JSON belongs there. */
export type NotebookPart = string | readonly Json[];

/** Every link of the notebook's outputs. */
export function linksIn(notebook: Json): Link[] {
  return cellsOf(notebook).flatMap(cell => (outputsOf(cell) ?? []).flatMap(outputLinks));
}

/** The notebook's JSON, its outputs apart. `nonce`: a word that is not in the notebook. */
export function notebookParts(notebook: Json, nonce: string): NotebookPart[] {
  const places: (readonly Json[])[] = [];
  const cells = cellsOf(notebook).map(cell => {
    const outputs = outputsOf(cell);
    if (outputs === undefined) {
      return cell;
    }
    places.push(outputs);
    return { ...toJsonRecord(cell), outputs: `${nonce}:${places.length - 1}` };
  });
  const whole = isRecord(notebook) ? { ...notebook, cells } : {};
  return split(`${JSON.stringify(whole, null, 1)}\n`, nonce, places);
}

/** The JSON of a cell's outputs, at its place in the notebook's. A link that `has` does not know stays. */
export function outputPieces(
  outputs: readonly Json[],
  inlining: Omit<Inlining, 'put'>,
  nonce: string
): NotebookPiece[] {
  const places: Exclude<NotebookPiece, string>[] = [];
  const put = (link: Link, form: ArtifactForm): string => {
    places.push({ link, form });
    return `${nonce}:${places.length - 1}`;
  };
  const whole = wholeOutputs(outputs, { ...inlining, put });
  const pieces = whole.flatMap((output, index) => {
    // The line ends of JSON are between its values alone.
    const text = JSON.stringify(output, null, 1).replaceAll('\n', `\n${INDENT} `);
    return split(`${index === 0 ? '' : ','}\n${INDENT} ${text}`, nonce, places);
  });
  return whole.length === 0 ? ['[]'] : ['[', ...pieces, `\n${INDENT}]`];
}

/** Of the outputs of a cell. */
const INDENT = '   ';

/** The text, with what belongs there in the places that are marked in it. */
function split<T>(text: string, nonce: string, places: readonly T[]): (string | T)[] {
  return text.split(new RegExp(`"${nonce}:(\\d+)"`)).map((piece, index) => {
    const place = index % 2 === 1 ? places[Number(piece)] : undefined;
    return place ?? piece;
  });
}

function cellsOf(notebook: Json): readonly Json[] {
  const cells = isRecord(notebook) ? notebook['cells'] : [];
  return Array.isArray(cells) ? cells : [];
}

/** Undefined for a cell that has none. */
function outputsOf(cell: Json): readonly Json[] | undefined {
  const outputs = isRecord(cell) ? cell['outputs'] : undefined;
  return Array.isArray(outputs) ? outputs : undefined;
}
