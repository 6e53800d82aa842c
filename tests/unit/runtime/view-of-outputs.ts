/**
 * JupyterLab's live view of a cell's outputs: applies changes of the shared cell exactly as the cell
 * model of @jupyterlab/cells does (stream changes to the last output, before anything else; inserts
 * always at the end), which is what the output contract protects.
 */
import type { YNotebook } from '@jupyter/ydoc';
import type * as nbformat from '@jupyterlab/nbformat';

type Delta = { retain?: number; delete?: number; insert?: unknown }[];

export class ViewOfOutputs {
  readonly outputs: nbformat.IOutput[] = [];

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
        this.outputs.push(output.toJSON());
      }
    }
  }
}
