/**
 * One attachment to the server's kernel tap (docs/PROTOCOL.md, Kernel tap): what comes over the wire,
 * parsed. Attaching again after a cut is the listener's business (kernel-tap.ts).
 */
import WebSocket from 'ws';
import type {
  IopubMessage,
  KernelChange,
  LimitReached,
  ServerAccess,
  TapItem,
  ToldEnvironment
} from '../ports/runtime.js';
import { PiecedItem } from './pieced-item.js';

/** First frame of an attachment: `next` is the first number that follows. */
export interface AttachedFrame {
  readonly type: 'attached';
  readonly tap: string;
  readonly next: number;
  readonly lost: boolean;
}

interface EnvironmentFrame {
  readonly environment: ToldEnvironment | null;
}

/** An item follows in so many binary frames. */
interface PiecesFrame {
  readonly pieces: number;
}

type WireItem =
  | ({ readonly seq: number; readonly event?: undefined } & IopubMessage)
  | { readonly seq: number; readonly event: KernelChange }
  | { readonly seq: number; readonly event?: undefined; readonly limit: LimitReached }
  | { readonly seq: number; readonly event?: undefined; readonly gap: string };

type Frame = AttachedFrame | EnvironmentFrame | PiecesFrame | WireItem;

export interface TapSocketListener {
  onAttached(frame: AttachedFrame): void;
  onItem(item: TapItem): void;
  /** See TapListener. */
  onEnvironment(told: ToldEnvironment | null): void;
  /** `status` is the HTTP status when the server refused the attachment. */
  onClosed(close: {
    readonly code: number;
    readonly reason: string;
    readonly status?: number;
  }): void;
}

/** Attaches after number `after` of subscription `tap`; undefined: to what follows from now on. */
export function openTapSocket(
  access: ServerAccess,
  kernelId: string,
  from: { readonly after: number; readonly tap: string } | undefined,
  listener: TapSocketListener
): WebSocket {
  const url = new URL(
    `${access.baseUrl.replace(/^http/, 'ws')}colophon/kernels/${encodeURIComponent(kernelId)}/iopub`
  );
  url.searchParams.set('pid', String(process.pid));
  if (from !== undefined) {
    url.searchParams.set('after', String(from.after));
    url.searchParams.set('tap', from.tap);
  }
  const socket = new WebSocket(url, {
    headers: { 'Colophon-Agent-Token': access.token },
    perMessageDeflate: false,
    maxPayload: 0
  });
  let status: number | undefined;
  let attached = false;
  let missing = 0;
  let pieces = new PiecedItem();
  const take = (frame: Frame | readonly WireItem[]): void => {
    if (!attached) {
      attached = true;
      listener.onAttached(frame as AttachedFrame);
    } else if (Array.isArray(frame)) {
      (frame as readonly WireItem[]).forEach(item => listener.onItem(parsed(item)));
    } else if ('environment' in frame) {
      listener.onEnvironment(frame.environment);
    } else if ('pieces' in frame) {
      missing = frame.pieces;
      pieces = new PiecedItem();
    } else {
      listener.onItem(parsed(frame as WireItem));
    }
  };
  socket.on('message', (data, isBinary) => {
    if (!isBinary) {
      take(JSON.parse(textOf(data)) as Frame | readonly WireItem[]);
      return;
    }
    missing -= 1;
    pieces.add(data as Buffer);
    if (missing === 0) {
      const item = pieces.end() as WireItem;
      pieces = new PiecedItem();
      take(item);
    }
  });
  socket.on('unexpected-response', (request, response) => {
    status = response.statusCode;
    request.destroy();
  });
  // A close follows every error.
  socket.on('error', () => undefined);
  socket.on('close', (code, reason) =>
    listener.onClosed({
      code,
      reason: reason.toString(),
      ...(status === undefined ? {} : { status })
    })
  );
  return socket;
}

function parsed(item: WireItem): TapItem {
  const { seq } = item;
  if (item.event !== undefined) {
    return { seq, event: item.event };
  }
  if ('gap' in item) {
    return { seq, gap: item.gap };
  }
  return 'limit' in item ? { seq, limit: item.limit } : { seq, message: item };
}

function textOf(data: WebSocket.RawData): string {
  if (Array.isArray(data)) {
    return Buffer.concat(data).toString('utf8');
  }
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString('utf8');
}
