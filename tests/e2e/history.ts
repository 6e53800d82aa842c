/** The journal of one notebook, read as any client does. */
import type { Event, EventOf, FactType } from '../../schema/index.js';
import type { JupyterLab } from './jupyter-lab.js';
import { until } from './until.js';

/** The stream of the notebook that the room server knows by this path. */
export async function streamOf(lab: JupyterLab, path: string): Promise<string> {
  const response = await lab.fetch(`api/collaboration/session/${encodeURIComponent(path)}`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ format: 'json', type: 'notebook' })
  });
  const { fileId } = (await response.json()) as { fileId: string };
  return `/notebooks/${fileId}`;
}

/** All events of a stream, oldest first. */
export async function eventsOf(lab: JupyterLab, stream: string): Promise<Event[]> {
  const path = `colophon/api/streams${stream}?afterOffset=start&limit=5000`;
  return (await lab.json<{ events: Event[] }>(path)).events;
}

/** Those of one type. */
export async function factsOf<T extends FactType>(
  lab: JupyterLab,
  stream: string,
  type: T
): Promise<EventOf<T>[]> {
  return (await eventsOf(lab, stream)).filter((event): event is EventOf<T> => event.type === type);
}

/** Waits until the stream has an event of the type that fits; gives it. */
export function eventually<T extends FactType>(
  lab: JupyterLab,
  stream: string,
  type: T,
  fits: (event: EventOf<T>) => boolean = () => true,
  deadline?: number
): Promise<EventOf<T>> {
  return until(
    `${type} in ${stream}`,
    async () => (await factsOf(lab, stream, type)).find(fits),
    deadline
  );
}
