/**
 * The collaboration session of a file: which room to join, and whether the server's rooms are still
 * those that we know. Another session id means another server process and another Yjs history.
 */
import type { ServerAccess } from '../ports/runtime.js';

export interface RoomSession {
  readonly fileId: string;
  readonly sessionId: string;
}

/** The server answered, and the answer is no; trying again does not help. */
export class RoomRefused extends Error {
  override readonly name = 'RoomRefused';
}

/** Asks for the room of the notebook at `path`. Throws RoomRefused, or a network error. */
export async function askRoomSession(access: ServerAccess, path: string): Promise<RoomSession> {
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  const response = await fetch(`${access.baseUrl}api/collaboration/session/${encoded}`, {
    method: 'PUT',
    headers: { 'Colophon-Agent-Token': access.token, 'Content-Type': 'application/json' },
    body: JSON.stringify({ format: 'json', type: 'notebook' })
  });
  if (!response.ok) {
    const body = await response.text();
    const message = `Jupyter Server refused the room of ${path}: ${response.status} ${body.slice(0, 200)}`;
    throw response.status >= 502 ? new Error(message) : new RoomRefused(message);
  }
  return (await response.json()) as RoomSession;
}
