/**
 * A notebook as it would be without artifacts: each link replaced by what it stands for, as text that
 * is put together piece by piece, so that nobody ever has all of it in memory. Pure.
 */
import { ARTIFACT_MIME, ArtifactOutput } from '../../../schema/index.js';
import type { ArtifactLink, GrowingLink, Json } from '../../../schema/index.js';
import { isRecord, toJsonRecord } from '../json.js';
import { formOf, type ArtifactForm } from './artifact-form.js';

export type Link = ArtifactLink | GrowingLink;

/** Text of the notebook's JSON, or the JSON value of an artifact in this form, quotes included. */
export type NotebookPiece = string | { readonly link: Link; readonly form: ArtifactForm };

/** Every link of the notebook's outputs. */
export function linksIn(notebook: Json): Link[] {
  return cellsOf(notebook).flatMap(cell =>
    outputsOf(cell).flatMap(output => {
      const artifact = artifactOf(output);
      return artifact === null ? [] : artifact.kind === 'stream' ? [artifact.text] : artifact.parts;
    })
  );
}

/**
 * The notebook as the pieces of its JSON. A link that `has` does not know stays as it is. `nonce`:
 * a word that is not in the notebook.
 */
export function inlinePieces(
  notebook: Json,
  has: (link: Link) => boolean,
  nonce: string
): NotebookPiece[] {
  const places: Exclude<NotebookPiece, string>[] = [];
  const put = (link: Link, form: ArtifactForm): string => {
    places.push({ link, form });
    return `${nonce}:${places.length - 1}`;
  };
  const whole = isRecord(notebook) ? { ...notebook, cells: cellsOf(notebook).map(inlined) } : {};
  function inlined(cell: Json): Json {
    return isRecord(cell) && Array.isArray(cell['outputs'])
      ? { ...toJsonRecord(cell), outputs: inlineOutputs(outputsOf(cell), has, put) }
      : cell;
  }
  const text = `${JSON.stringify(whole, null, 1)}\n`;
  return text.split(new RegExp(`"${nonce}:(\\d+)"`)).map((piece, index) => {
    const place = index % 2 === 1 ? places[Number(piece)] : undefined;
    return place ?? piece;
  });
}

function inlineOutputs(
  outputs: readonly Json[],
  has: (link: Link) => boolean,
  put: (link: Link, form: ArtifactForm) => string
): Json[] {
  const result: Json[] = [];
  for (const output of outputs) {
    const artifact = artifactOf(output);
    const record = toJsonRecord(output);
    if (artifact === null) {
      result.push(output);
    } else if (artifact.kind === 'stream') {
      if (!has(artifact.text)) {
        result.push(output);
        continue;
      }
      const { name } = artifact;
      const before = toJsonRecord(result.at(-1));
      if (before['output_type'] === 'stream' && before['name'] === name) {
        result.pop();
      }
      result.push({ output_type: 'stream', name, text: put(artifact.text, 'text') });
    } else {
      const { [ARTIFACT_MIME]: _link, ...data } = toJsonRecord(record['data']);
      const there = artifact.parts.filter(has);
      const missing = artifact.parts.filter(part => !has(part));
      for (const part of there) {
        data[part.mediaType] = put(part, formOf(part.mediaType));
      }
      const rest =
        missing.length === 0 ? {} : { [ARTIFACT_MIME]: { ...artifact, parts: missing } as Json };
      result.push({ ...record, data: { ...data, ...rest } });
    }
  }
  return result;
}

function cellsOf(notebook: Json): readonly Json[] {
  const cells = isRecord(notebook) ? notebook['cells'] : [];
  return Array.isArray(cells) ? cells : [];
}

function outputsOf(cell: Json): readonly Json[] {
  const outputs = isRecord(cell) ? cell['outputs'] : [];
  return Array.isArray(outputs) ? outputs : [];
}

function artifactOf(output: Json): ArtifactOutput | null {
  const data = isRecord(output) ? output['data'] : undefined;
  const value = isRecord(data) ? data[ARTIFACT_MIME] : undefined;
  const parsed = ArtifactOutput.safeParse(value);
  return parsed.success ? parsed.data : null;
}
