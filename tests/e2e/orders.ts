/** Commands over HTTP, sent as a program sends them. */
import { sourceHash } from '../../agent/core/digest.js';
import type { CellId, Event, Order, Problem } from '../../schema/index.js';
import type { JupyterLab, UserName } from './jupyter-lab.js';

/** The events of an answer, or the problem of a refusal. */
export interface Answer {
  readonly status: number;
  readonly body: { readonly events: Event[] } & Partial<Problem>;
}

/** Sends an order under a new id. */
export async function send(
  lab: JupyterLab,
  stream: string,
  order: Order,
  user: UserName = 'alice'
): Promise<Answer> {
  const response = await lab.fetch(
    'colophon/api/commands',
    {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ id: crypto.randomUUID(), stream, ...order })
    },
    user
  );
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

/** Asks for a run of these cells, given as id → source, in this order. */
export function requestRun(
  lab: JupyterLab,
  stream: string,
  cells: Readonly<Record<string, string>>,
  user: UserName = 'alice'
): Promise<Answer> {
  const wanted = Object.entries(cells).map(([cellId, source]) => ({
    cellId: cellId as CellId,
    sourceHash: sourceHash(source)
  }));
  return send(lab, stream, { type: 'execution.request', data: { cells: wanted } }, user);
}
