/** Uploads as the host keeps them, in memory; and a cell's outputs with what is kept put back in. */
import { createHash } from 'node:crypto';
import { formOf } from '../../../agent/core/outputs/artifact-form.js';
import { CellOutputs } from '../../../agent/core/outputs/cell-outputs.js';
import { NO_MEMORY } from '../../../agent/core/outputs/output-memory.js';
import type { Output } from '../../../agent/core/outputs/output.js';
import { REST } from '../../../agent/core/outputs/spilled-stream.js';
import { inlinePieces } from '../../../agent/core/outputs/inline-artifacts.js';
import { UploadRefused, type Uploads } from '../../../agent/ports/uploads.js';
import {
  ARTIFACT_MIME,
  ArtifactOutput,
  type ArtifactLink,
  type Json
} from '../../../schema/index.js';

export class UploadStore implements Uploads {
  readonly uploads = new Map<string, Buffer>();
  readonly artifacts = new Map<string, Buffer>();
  /** The most that one upload may take; what is beyond is refused. */
  limit = Infinity;
  appends = 0;
  largestPiece = 0;
  /** Called before each request is carried out. */
  onRequest: () => Promise<void> | undefined = () => undefined;
  /** Called before each answer is given. */
  onAnswer: () => Promise<void> | undefined = () => undefined;

  async append(upload: string, offset: number, bytes: Uint8Array): Promise<void> {
    await this.onRequest();
    const before = this.uploads.get(upload) ?? Buffer.alloc(0);
    if (offset > before.length) {
      throw new UploadRefused(`There are ${before.length} bytes, not ${offset}.`);
    }
    if (offset + bytes.length > this.limit) {
      throw new UploadRefused('The disk is full.');
    }
    this.appends += 1;
    this.largestPiece = Math.max(this.largestPiece, bytes.length);
    this.uploads.set(upload, Buffer.concat([before.subarray(0, offset), bytes]));
    await this.onAnswer();
  }

  async commit(upload: string, length: number, mediaType: string): Promise<ArtifactLink> {
    await this.onRequest();
    const bytes = (this.uploads.get(upload) ?? Buffer.alloc(0)).subarray(0, length);
    const hash = createHash('sha256').update(bytes).digest('hex');
    this.artifacts.set(hash, bytes);
    await this.onAnswer();
    return { hash: hash as ArtifactLink['hash'], key: 'key', mediaType, bytes: length };
  }

  async keep(upload: string, bytes: Uint8Array, mediaType: string): Promise<ArtifactLink> {
    await this.append(upload, 0, bytes);
    return this.commit(upload, bytes.length, mediaType);
  }

  /** The outputs with everything inlined, as an .ipynb without artifacts would have them. */
  expand(outputs: readonly Output[]): Output[] {
    let whole: Output[] = [];
    let { displays } = NO_MEMORY;
    for (const output of outputs) {
      const data = output['data'] as Record<string, Json> | undefined;
      const artifact = ArtifactOutput.safeParse(data?.[ARTIFACT_MIME]).data;
      if (artifact === undefined || data === undefined) {
        whole.push(output);
      } else if (artifact.kind === 'stream') {
        const { text } = artifact;
        if (artifact.name === REST) {
          const rest = new CellOutputs(whole, { ...NO_MEMORY, displays });
          for (const line of this.#bytes(text).toString().split('\n').slice(0, -1)) {
            const { type, content } = JSON.parse(line) as { type: string; content: object };
            rest.take({ header: { msg_type: type }, content: { ...content } });
          }
          whole = [...rest.list];
          ({ displays } = rest.memory());
          continue;
        }
        const open = 'hash' in text ? '' : lastLine(data['text/plain']);
        const before = whole.pop();
        whole.push({ ...before, output_type: 'stream', text: this.#bytes(text).toString() + open });
      } else {
        const { [ARTIFACT_MIME]: _artifact, ...rest } = data;
        const parts = artifact.parts.map(part => {
          const bytes = this.#bytes(part);
          const form = formOf(part.mediaType);
          const text = bytes.toString(form === 'base64' ? 'base64' : 'utf8');
          return [part.mediaType, form === 'json' ? (JSON.parse(text) as Json) : text];
        });
        whole.push({ ...output, data: { ...rest, ...Object.fromEntries(parts) } });
      }
    }
    return whole;
  }

  /** The outputs of a run that has ended, as the export to .ipynb has them. */
  inlined(outputs: readonly Output[]): Output[] {
    const notebook = { cells: [{ cell_type: 'code', outputs: outputs as unknown as Json }] };
    const text = inlinePieces(notebook, () => true, 'nonce').map(piece => {
      if (typeof piece === 'string') {
        return piece;
      }
      const bytes = this.#bytes(piece.link);
      return piece.form === 'json'
        ? bytes.toString()
        : JSON.stringify(bytes.toString(piece.form === 'base64' ? 'base64' : 'utf8'));
    });
    return (JSON.parse(text.join('')) as { cells: [{ outputs: Output[] }] }).cells[0].outputs;
  }

  #bytes(link: { hash: string } | { upload: string; bytes: number }): Buffer {
    const bytes =
      'hash' in link
        ? this.artifacts.get(link.hash)
        : this.uploads.get(link.upload)?.subarray(0, link.bytes);
    return bytes ?? Buffer.alloc(0);
  }
}

/** Of a stream that still grows, what its artifact does not have yet. */
function lastLine(shown: Json | undefined): string {
  const plain = typeof shown === 'string' ? shown : '';
  const tail = plain.slice(plain.indexOf('\n') + 1);
  return tail.slice(tail.lastIndexOf('\n') + 1);
}
