/** A person's peer in a room, with Lab's own shared model: what somebody else sees. */
import { YNotebook } from '@jupyter/ydoc';
import type { IOutput } from '@jupyterlab/nbformat';
import WebSocket from 'ws';
import { WebsocketProvider } from 'y-websocket';
import type { JupyterLab, UserName } from '../e2e/jupyter-lab.js';
import { until } from '../e2e/until.js';

export interface SeenCell {
  readonly outputs: IOutput[];
  readonly executionCount: number | null;
  readonly executionState: string;
  readonly metadata: Record<string, unknown>;
}

export class RoomObserver {
  private constructor(
    readonly notebook: YNotebook,
    readonly fileId: string,
    private readonly provider: WebsocketProvider
  ) {}

  static async join(
    lab: JupyterLab,
    path: string,
    user: UserName = 'alice'
  ): Promise<RoomObserver> {
    const response = await lab.fetch(
      `api/collaboration/session/${path}`,
      {
        method: 'PUT',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ format: 'json', type: 'notebook' })
      },
      user
    );
    const { fileId, sessionId } = (await response.json()) as { fileId: string; sessionId: string };
    const notebook = new YNotebook({ disableDocumentWideUndoRedo: true });
    notebook.awareness.setLocalStateField('user', { username: user, name: user });
    const provider = new WebsocketProvider(
      `${lab.url.replace(/^http/, 'ws')}api/collaboration/room`,
      `json:notebook:${fileId}`,
      notebook.ydoc,
      {
        disableBc: true,
        params: { sessionId, token: `${user}-token` },
        awareness: notebook.awareness,
        WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket
      }
    );
    await until('the observer is in the room', () => provider.synced);
    return new RoomObserver(notebook, fileId, provider);
  }

  /** The cell as nbformat, with its state; undefined if it is gone. */
  cell(id: string): SeenCell | undefined {
    const cell = this.notebook.cells.find(each => each.id === id);
    if (cell?.cell_type !== 'code') {
      return undefined;
    }
    const json = cell.toJSON() as unknown as {
      outputs: IOutput[];
      metadata: Record<string, unknown>;
    };
    return {
      outputs: json.outputs,
      metadata: json.metadata,
      executionCount: (cell as { execution_count?: number | null }).execution_count ?? null,
      executionState: (cell as unknown as { executionState: string }).executionState
    };
  }

  /** All stream text of the cell. */
  text(id: string): string {
    return (this.cell(id)?.outputs ?? [])
      .map(output => (output.output_type === 'stream' ? (output.text as string) : ''))
      .join('');
  }

  /** Names of those present. */
  present(): string[] {
    return [...this.notebook.awareness.getStates().values()].map(
      state => (state as { user?: { username?: string } }).user?.username ?? '?'
    );
  }

  leave(): void {
    this.notebook.awareness.setLocalState(null);
    this.provider.destroy();
    this.notebook.dispose();
  }
}
