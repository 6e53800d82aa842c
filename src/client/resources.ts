/** What `GET colophon/resources` answers. See docs/PROTOCOL.md. */

/** Of a process and its children, so far. */
export interface Use {
  readonly memoryBytes: number;
  readonly cpuSeconds: number;
}

/** Null: there is none, or it runs elsewhere. */
export interface Resources {
  readonly kernel: Use | null;
  readonly agent: Use | null;
  /** The host with its agents. */
  readonly host: Use | null;
  readonly limits: {
    readonly memoryBytes?: number;
    readonly cpuSeconds?: number;
    readonly wallSeconds?: number;
    readonly outputBytes?: number;
  };
}
