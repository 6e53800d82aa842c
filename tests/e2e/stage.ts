/** What a browser test needs: one JupyterLab and one Chromium for all tests of a `describe`. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { JupyterLab, type LabOptions, type UserName } from './jupyter-lab.js';
import { LabPage, launchBrowser, type PageOptions } from './lab-page.js';

export interface Stage {
  readonly lab: JupyterLab;
  /** Opens a notebook of the stage's server, or of another one, as LabPage.open. */
  readonly open: (
    user: UserName,
    path: string,
    lab?: JupyterLab,
    options?: PageOptions
  ) => Promise<LabPage>;
}

/** Sets both up before the tests of the `describe` that calls it, and takes them down after. */
export function stage(options: LabOptions = {}): Stage {
  const lab = new JupyterLab(options);
  const pages: LabPage[] = [];
  let browser: Browser;
  beforeAll(async () => {
    [browser] = await Promise.all([launchBrowser(), lab.start()]);
  });
  afterAll(async () => {
    await browser.close();
    await lab.stop();
    const checks = await Promise.allSettled(pages.map(page => page.checked()));
    expect(checks.filter(({ status }) => status === 'rejected')).toEqual([]);
  });
  const open: Stage['open'] = async (user, path, of = lab, options = {}) => {
    const page = await LabPage.open(browser, of, user, path, options);
    pages.push(page);
    return page;
  };
  return { lab, open };
}
