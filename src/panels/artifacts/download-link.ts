/**
 * A link by which the browser itself gets a file; never a copy of it in the page. The browser would not
 * say why it cannot: so a click first asks whether the bytes can be had.
 */
import type { ArtifactApi } from '../../client/artifact-api.js';
import { element } from './element.js';

/** What is to be saved. */
interface Aim {
  readonly api: ArtifactApi;
  readonly id: string;
  readonly mediaType: string;
  /** Of the file. */
  readonly name: string;
}

export class DownloadLink {
  /** @param onTrouble Is told why it cannot be had; undefined when it can. */
  constructor(
    label: string,
    what: string,
    private readonly onTrouble: (reason: unknown) => void
  ) {
    this.node = element('a', { className: 'jp-ColophonArtifact-button' }, label);
    this.node.setAttribute('aria-label', what);
    this.node.addEventListener('click', event => {
      // With these the browser opens, or saves, the link elsewhere.
      if (!event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey) {
        event.preventDefault();
        void this.save();
      }
    });
  }

  readonly node: HTMLAnchorElement;

  get isAimed(): boolean {
    return this.aim !== undefined;
  }

  aimAt(aim: Aim): void {
    this.aim = aim;
    this.node.href = aim.api.download(aim.id, aim.mediaType, aim.name);
    this.node.download = aim.name;
  }

  async save(): Promise<void> {
    const { aim } = this;
    if (aim === undefined) {
      return;
    }
    const { href, download } = this.node;
    try {
      await aim.api.check(aim.id);
      this.onTrouble(undefined);
      element('a', { href, download }).click();
    } catch (reason) {
      this.onTrouble(reason);
    }
  }

  private aim: Aim | undefined;
}
