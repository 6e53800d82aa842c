/**
 * Keeps the kernel that a page shows the one that runs its notebook. JupyterLab gives each page a kernel
 * of its own when the shared one was shut down; interrupt and restart would then miss what runs.
 */
import type { ISessionContext } from '@jupyterlab/apputils';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { NotebookStore } from '../store/notebook-store.js';

type Session = Pick<ISessionContext, 'changeKernel' | 'hasNoKernel' | 'path' | 'sessionManager'>;

/** Shows the kernel that another page has started for the notebook. False: there is none. */
export async function joinKernel(session: Session): Promise<boolean> {
  const model = await session.sessionManager.findByPath(session.path);
  const id = model?.kernel?.id;
  if (id === undefined) {
    return false;
  }
  await session.changeKernel({ id });
  return true;
}

/** One page's following. */
export class ShownKernel implements IDisposable {
  constructor(
    private readonly session: ISessionContext,
    private readonly store: NotebookStore
  ) {
    store.changed.connect(this.follow, this);
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  dispose(): void {
    this.disposed = true;
    Signal.clearData(this);
  }

  private follow(): void {
    const { running, agentKernel } = this.store.views;
    const runs = running === undefined || running.startedAt === null ? undefined : agentKernel;
    if (runs === undefined || runs === this.followed) {
      return;
    }
    this.followed = runs;
    if (this.session.session?.kernel?.id !== runs) {
      void this.join();
    }
  }

  /** Only where there is no kernel left: another one was chosen here on purpose. */
  private async join(): Promise<void> {
    await this.session.sessionManager.refreshRunning();
    if (!this.disposed && !this.session.isDisposed && this.session.hasNoKernel) {
      await joinKernel(this.session);
    }
  }

  private disposed = false;
  private followed: string | undefined;
}
