/** What a browser test needs: one JupyterLab and one Chromium for all tests of a `describe`. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { JupyterLab, type LabOptions, type UserName } from './jupyter-lab.js';
import { LabPage, launchBrowser } from './lab-page.js';

export interface Stage {
  readonly lab: JupyterLab;
  /** Opens a notebook of the stage's server, or of another one, as LabPage.open. */
  readonly open: (user: UserName, path: string, lab?: JupyterLab) => Promise<LabPage>;
}

/** Sets both up before the tests of the `describe` that calls it, and takes them down after. */
export function stage(options: LabOptions = {}): Stage {
  const lab = new JupyterLab(options);
  let browser: Browser;
  beforeAll(async () => {
    [browser] = await Promise.all([launchBrowser(), lab.start()]);
  });
  afterAll(async () => {
    await browser.close();
    await lab.stop();
  });
  return { lab, open: (user, path, of = lab) => LabPage.open(browser, of, user, path) };
}
