/**
 * JupyterLab's live view of a cell's outputs: applies changes of the shared cell exactly as the cell
 * model of @jupyterlab/cells does (stream changes to the last output, before anything else; inserts
 * always at the end, and a stream joined to the last output when the last stream had its name, which
 * the real view then writes back into the document). This is what the output contract protects.
 */
import type { YNotebook } from '@jupyter/ydoc';
import type * as nbformat from '@jupyterlab/nbformat';

type Delta = { retain?: number; delete?: number; insert?: unknown }[];

export class ViewOfOutputs {
  readonly outputs: nbformat.IOutput[] = [];
  private lastStreamName = '';

  constructor(notebook: YNotebook) {
    notebook.getCell(0).changed.connect((_, change) => {
      const { streamOutputChange, outputsChange } = change as unknown as {
        streamOutputChange?: Delta;
        outputsChange?: Delta;
      };
      this.applyStream(streamOutputChange ?? []);
      this.applyOutputs(outputsChange ?? []);
    });
  }

  private applyStream(delta: Delta): void {
    for (const part of delta) {
      const last = this.outputs.at(-1) as nbformat.IStream;
      const text = last.text as string;
      if (part.delete !== undefined) {
        last.text = text.slice(0, text.length - part.delete);
      }
      if (part.insert !== undefined) {
        last.text = (last.text as string) + (part.insert as string);
      }
    }
  }

  private applyOutputs(delta: Delta): void {
    let retain = 0;
    for (const part of delta) {
      retain += part.retain ?? 0;
      if (part.delete !== undefined) {
        this.outputs.splice(retain, part.delete);
      }
      for (const output of (part.insert ?? []) as { toJSON(): nbformat.IOutput }[]) {
        this.add(output.toJSON());
      }
    }
  }

  private add(output: nbformat.IOutput): void {
    const name = output.output_type === 'stream' ? (output as nbformat.IStream).name : '';
    if (name !== '' && name === this.lastStreamName && this.outputs.length > 0) {
      throw new Error('The view would join two streams, and write that into the document');
    }
    this.outputs.push(output);
    this.lastStreamName = name;
  }
}
