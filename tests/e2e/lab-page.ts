/**
 * JupyterLab in a real Chromium, as one user sees it. Each page has a fresh browser profile.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  chromium,
  type Browser,
  type BrowserContext,
  type Locator,
  type Page,
  type Route,
  type WebSocketRoute
} from 'playwright-core';
import { checkPage } from '../openapi-check.js';
import type { JupyterLab, UserName } from './jupyter-lab.js';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The Chromium of the machine, headless. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? CANDIDATES.find(path => existsSync(path));
  if (executablePath === undefined) {
    throw new Error('No Chromium: install the package chromium, or set CHROMIUM to its path');
  }
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      // A page that a test has changed would else not reach the server that it came from.
      '--disable-features=LocalNetworkAccessChecks'
    ]
  });
}

export interface PageOptions {
  readonly dark?: boolean;
  /** JupyterLab as it is without Colophon. */
  readonly plain?: boolean;
  /** Takes each connection of the page to its room. */
  readonly room?: (socket: WebSocketRoute) => void | Promise<void>;
  /** Takes each connection of the page to a kernel. */
  readonly kernel?: (socket: WebSocketRoute) => void;
}

/** The collaboration extension's way of running cells, which Colophon switches off. */
const SHARED_EXECUTOR = '@jupyter/docprovider-extension:notebook-cell-executor';

/** The page as the server gives it where Colophon's labextension is not installed. */
async function withoutColophon(route: Route): Promise<void> {
  const response = await route.fetch();
  const body = (await response.text()).replace(
    /(<script id="jupyter-config-data"[^>]*>)([^<]*)</,
    (_, start: string, text: string) => {
      const config = JSON.parse(text) as {
        federated_extensions: { name: string }[];
        disabledExtensions: string[];
      };
      const { federated_extensions, disabledExtensions } = config;
      return `${start}${JSON.stringify({
        ...config,
        federated_extensions: federated_extensions.filter(each => !/colophon/.test(each.name)),
        disabledExtensions: disabledExtensions.filter(each => each !== SHARED_EXECUTOR)
      })}<`;
    }
  );
  await route.fulfill({ response, body });
}

/** One user's browser window with a notebook open. */
export class LabPage {
  private constructor(
    readonly page: Page,
    private readonly context: BrowserContext,
    /** Throws what of the API was not as its description says. */
    readonly checked: () => Promise<void>
  ) {}

  /** Opens the notebook in a fresh profile, signed in by token; settles once its cells are shown. */
  static async open(
    browser: Browser,
    lab: JupyterLab,
    user: UserName,
    path: string,
    options: PageOptions = {}
  ): Promise<LabPage> {
    const context = await browser.newContext({
      viewport: { width: 1400, height: 900 },
      colorScheme: options.dark === true ? 'dark' : 'light'
    });
    const page = await context.newPage();
    const checked = checkPage(page, `${lab.url}colophon/`);
    if (options.plain === true) {
      await page.route(/\/lab\/workspaces\//, withoutColophon);
    }
    if (options.room !== undefined) {
      await page.routeWebSocket(/\/api\/collaboration\/room\/json/, options.room);
    }
    if (options.kernel !== undefined) {
      await page.routeWebSocket(/\/api\/kernels\/[^/]+\/channels/, options.kernel);
    }
    const workspace = `${user}-${Math.trunc(performance.now())}`;
    await page.goto(
      `${lab.url}lab/workspaces/${workspace}/tree/${encodeURIComponent(path)}?token=${user}-token`
    );
    // Asked on a busy machine, also when the document has come meanwhile.
    await page.addLocatorHandler(page.locator('.jp-Dialog[aria-label^="Loading "]'), dialog =>
      dialog.getByRole('button', { name: 'Continue waiting' }).click()
    );
    const self = new LabPage(page, context, checked);
    await page.locator('.jp-Notebook .jp-Cell').first().waitFor({ timeout: 90_000 });
    return self;
  }

  /**
   * Loads the page anew, as the workspace was; settles once the notebook has the keyboard, which JupyterLab
   * gives it. With the notebook in its address it would do so a second time, seconds later.
   */
  async reload(): Promise<void> {
    await this.page.goto(this.page.url().replace(/\/tree\/[^?]*/, ''));
    await this.page.waitForFunction(
      () => document.activeElement?.closest('.jp-Notebook') instanceof Element,
      undefined,
      { timeout: 90_000 }
    );
  }

  /** Closes every page of this profile, as shutting the laptop does. */
  close(): Promise<void> {
    return this.context.close();
  }

  /** Starts a command of JupyterLab, as a menu entry or the palette does; a run's end is not awaited. */
  async command(id: string, args: Record<string, string | number | boolean> = {}): Promise<void> {
    await this.page.evaluate(
      ([name, given]) => {
        const app = (globalThis as unknown as { jupyterapp: LabApplication }).jupyterapp;
        void app.commands.execute(name, given);
      },
      [id, args] as const
    );
  }

  cell(index: number): Locator {
    return this.page.locator('.jp-Notebook .jp-Cell').nth(index);
  }

  prompt(index: number): Locator {
    return this.cell(index).locator('.jp-InputArea-prompt');
  }

  outputs(index: number): Locator {
    return this.cell(index).locator('.jp-OutputArea-output');
  }

  /** The kernel is there and idle, so that a run starts at once. */
  async kernelIdle(): Promise<void> {
    // The indicator in the toolbar says idle before there is a kernel, too.
    await this.page.waitForFunction(
      () => {
        const app = (globalThis as unknown as { jupyterapp: LabApplication }).jupyterapp;
        const context = app.shell.currentWidget?.sessionContext;
        return context?.isReady === true && context.session?.kernel?.status === 'idle';
      },
      undefined,
      { timeout: 60_000 }
    );
  }

  /** Puts the caret into a cell's editor. */
  async edit(index: number): Promise<void> {
    await this.cell(index).locator('.cm-content').click();
  }

  /** Picture for a person to look at; below `screenshots/`, which is not kept. */
  async screenshot(name: string): Promise<void> {
    const folder = resolve('scratch/screenshots');
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }
}

interface LabApplication {
  readonly commands: { execute(id: string, args: unknown): Promise<unknown> };
  readonly shell: {
    readonly currentWidget?: {
      readonly sessionContext?: {
        readonly isReady: boolean;
        readonly session?: { readonly kernel?: { readonly status: string } | null } | null;
      };
    };
  };
}
