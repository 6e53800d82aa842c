/** Uploads as the host keeps them, in memory; and a cell's outputs with what is kept put back in. */
import { createHash } from 'node:crypto';
import { inlineNotebook, type InlineSource } from '../../../agent/api/inline-notebook.js';
import type { ArtifactForm } from '../../../agent/core/outputs/artifact-form.js';
import type { Output } from '../../../agent/core/outputs/output.js';
import {
  idOf,
  outputLinks,
  wholeOutputs,
  type Link
} from '../../../agent/core/outputs/whole-outputs.js';
import { UploadRefused, type Uploads } from '../../../agent/ports/uploads.js';
import type { ArtifactLink, Json } from '../../../schema/index.js';

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
    const list = outputs as unknown as readonly Json[];
    const put = (link: Link, form: ArtifactForm): Json => {
      const text = this.#bytes(link).toString(form === 'base64' ? 'base64' : 'utf8');
      return form === 'json' ? (JSON.parse(text) as Json) : text + openLine(outputs, link);
    };
    const textOf = (link: Link): string => this.#bytes(link).toString();
    return wholeOutputs(list, { has: () => true, textOf, put }) as unknown as Output[];
  }

  /** The outputs of a run that has ended, as the export to .ipynb has them. */
  async exported(outputs: readonly Output[]): Promise<Output[]> {
    const cell = { cell_type: 'code', outputs: outputs as unknown as Json };
    const source: InlineSource = {
      has: () => true,
      open: link => {
        const bytes = this.#bytes(link);
        const read = async function* () {
          yield await Promise.resolve(bytes);
        };
        return Promise.resolve({ size: bytes.length, read, close: () => Promise.resolve() });
      }
    };
    let text = '';
    for await (const piece of inlineNotebook({ cells: [cell] }, source, 'nonce')) {
      text += piece;
    }
    return (JSON.parse(text) as { cells: [{ outputs: Output[] }] }).cells[0].outputs;
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
function openLine(outputs: readonly Output[], link: Link): string {
  const shown = outputs.find(output => outputLinks(output).some(each => idOf(each) === idOf(link)));
  const data = shown?.['data'] as Record<string, Json> | undefined;
  const plain = data?.['text/plain'];
  const tail = typeof plain === 'string' ? plain.slice(plain.indexOf('\n') + 1) : '';
  return 'upload' in link ? tail.slice(tail.lastIndexOf('\n') + 1) : '';
}
