/** What `GET colophon/status` answers, and what the browser makes of it. See docs/PROTOCOL.md. */

/** Where the host stands, as the server extension sees it. */
export type HostState = 'starting' | 'running' | 'backing-off' | 'unavailable' | 'stopped';

/** Body of `GET colophon/status`. Times are ISO 8601. */
export interface ServerStatus {
  readonly version: string;
  readonly state: HostState;
  readonly problem: {
    readonly code: string;
    readonly summary: string;
    readonly remedy: string;
  } | null;
  readonly stepBack: { readonly extension: string; readonly message: string } | null;
  readonly hooks: { readonly ok: boolean; readonly problems: readonly string[] };
  readonly notices: readonly {
    readonly level: 'info' | 'warning' | 'error';
    readonly code: string;
    readonly message: string;
    readonly at: string;
  }[];
  readonly host: {
    readonly pid: number;
    readonly since: string;
    readonly restarts: number;
    readonly node: string | null;
  } | null;
  readonly me: {
    readonly username: string;
    readonly name: string | null;
    readonly color: string | null;
  } | null;
}

/** What the browser knows: nothing yet, the server's word, or that the server did not answer. */
export type KnownStatus =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'known'; readonly status: ServerStatus }
  | { readonly kind: 'unreachable'; readonly reason: string };

/** Does the host take commands, as far as the browser knows? */
export function hostRuns(known: KnownStatus): boolean {
  return known.kind === 'known' && known.status.state === 'running';
}

/** How long to wait before asking again, in ms: quick while something is about to change. */
export function askAgainAfter(known: KnownStatus): number {
  if (known.kind !== 'known') {
    return 3_000;
  }
  switch (known.status.state) {
    case 'running':
      return 20_000;
    case 'starting':
    case 'backing-off':
      return 1_000;
    case 'unavailable':
    case 'stopped':
      return 5_000;
  }
}
