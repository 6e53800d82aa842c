/**
 * Processor time of each task of a page's main thread, from a trace of the browser: how long a key has
 * to wait at most where the machine has nothing else to do, whatever it does.
 */
import type { Browser, Page } from 'playwright-core';

const MARK = 'colophon-page-tasks';

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ph: string;
  /** Processor time in µs. */
  readonly tdur?: number;
}

export class PageTasks {
  private constructor(private readonly browser: Browser) {}

  /** Records from now on; one page of the browser at a time. */
  static async record(browser: Browser, page: Page): Promise<PageTasks> {
    await browser.startTracing(page, { categories: ['toplevel', 'blink.user_timing'] });
    await page.evaluate(name => void performance.mark(name), MARK);
    return new PageTasks(browser);
  }

  /** Ends the recording. Milliseconds, one for each task. */
  async stop(): Promise<number[]> {
    const trace = await this.browser.stopTracing();
    const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
    const page = traceEvents.find(({ name }) => name === MARK);
    return traceEvents.flatMap(({ name, ph, pid, tid, tdur }) =>
      ph === 'X' && name.endsWith('RunTask') && pid === page?.pid && tid === page.tid
        ? [(tdur ?? 0) / 1000]
        : []
    );
  }
}
