/**
 * Which streams there are, kept up to date by asking now and then while somebody looks, and what a
 * notebook's stream is called: the path of its file, as Jupyter Server knows it.
 */
import { Poll } from '@lumino/polling';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import { fileIdOf, type StreamPath } from '../../schema/index.js';
import type { Api, StreamEntry } from '../client/api.js';

/** How often to ask while somebody looks, in ms; growing to the second while nobody answers. */
const ASK_EVERY = 2_000;
const ASK_AT_LEAST_EVERY = 15_000;
/** Requests for names at a time. */
const NAMES_AT_ONCE = 3;

export class StreamList implements IDisposable {
  constructor(private readonly api: Pick<Api, 'filePath' | 'streams'>) {
    this.poll = new Poll({
      name: 'jupyterlab-colophon:streams',
      factory: () => this.ask(),
      frequency: { interval: ASK_EVERY, backoff: true, max: ASK_AT_LEAST_EVERY },
      standby: () => !this.looking || document.hidden,
      auto: true
    });
  }

  /** By path; a new array when something changed. Undefined until the first answer. */
  get entries(): readonly StreamEntry[] | undefined {
    return this.known;
  }

  /** The names, by stream; a new map when one came. */
  get names(): ReadonlyMap<StreamPath, string> {
    return this.named;
  }

  get changed(): ISignal<this, void> {
    return this.hasChanged;
  }

  /** Is somebody looking? Otherwise nothing is asked. */
  set isLookedAt(looking: boolean) {
    this.looking = looking;
    if (looking) {
      this.refresh();
    }
  }

  /** Ask now. */
  refresh(): void {
    void this.poll.refresh();
  }

  /** Ask for the names of those notebooks whose names are not known yet. */
  wantNames(streams: readonly StreamPath[]): void {
    for (const stream of streams) {
      if (fileIdOf(stream) !== undefined && !this.asked.has(stream)) {
        this.asked.add(stream);
        this.wanted.push(stream);
      }
    }
    while (this.asking < NAMES_AT_ONCE && this.wanted.length > 0) {
      void this.askNames();
    }
  }

  /** The file has another name now. */
  rename(stream: StreamPath, path: string): void {
    if (this.named.get(stream) !== path) {
      this.named = new Map(this.named).set(stream, path);
      this.hasChanged.emit();
    }
  }

  get isDisposed(): boolean {
    return this.poll.isDisposed;
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.poll.dispose();
      Signal.clearData(this);
    }
  }

  private async ask(): Promise<void> {
    const answer = [...(await this.api.streams())].sort((a, b) =>
      a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : 0
    );
    const changed =
      answer.length !== this.known?.length ||
      answer.some(({ stream, head, createdAt }, index) => {
        const before = this.known?.[index];
        const same = before?.stream === stream && before.createdAt === createdAt;
        return !same || before.head !== head;
      });
    if (changed && !this.isDisposed) {
      this.known = answer;
      this.hasChanged.emit();
    }
  }

  private async askNames(): Promise<void> {
    this.asking += 1;
    for (let stream = this.wanted.shift(); stream !== undefined; stream = this.wanted.shift()) {
      const fileId = fileIdOf(stream);
      // Nobody answers: the id stands for the name until the page is loaded again.
      const path = fileId && (await this.api.filePath(fileId).catch(() => null));
      if (typeof path === 'string' && !this.isDisposed) {
        this.rename(stream, path);
      }
    }
    this.asking -= 1;
  }

  private looking = false;
  private asking = 0;
  private known: readonly StreamEntry[] | undefined;
  private named: ReadonlyMap<StreamPath, string> = new Map();
  private readonly asked = new Set<StreamPath>();
  private readonly wanted: StreamPath[] = [];
  private readonly poll: Poll<void>;
  private readonly hasChanged = new Signal<this, void>(this);
}
