/**
 * Of which runs the outputs are that the next write shows: mostly of the one whose cell it is, but a
 * display can be updated from anywhere. Guarantees: what is of several runs is said to be of none.
 */
import { displayId } from '../core/outputs/output-message.js';
import type { IopubMessage } from '../ports/runtime.js';

export class WrittenRuns {
  readonly #runs = new Set<string>();

  /**
   * These are taken for the run. `shown`: the displays of its cell before them; an update of another one
   * shows nothing there.
   */
  take(
    messages: readonly IopubMessage[],
    own: string,
    shown: () => Readonly<Record<string, unknown>>
  ): void {
    const others = messages.filter(({ parent_header }) => parent_header.msg_id !== own);
    if (others.length < messages.length) {
      this.#runs.add(own);
    }
    if (others.length === 0) {
      return;
    }
    const displays = new Set([...Object.keys(shown()), ...messages.flatMap(displayMade)]);
    others
      .filter(({ content }) => displays.has(displayId(content) ?? ''))
      .forEach(({ parent_header }) => this.#runs.add(parent_header.msg_id ?? ''));
  }

  /** Something of this run is written with the next outputs. */
  add(run: string): void {
    this.#runs.add(run);
  }

  /** The one run that they are of: undefined if there are none, '' if they are of several. */
  get one(): string | undefined {
    const [first, ...rest] = this.#runs;
    return rest.length > 0 ? '' : first;
  }

  /** All of it is shown. */
  clear(): void {
    this.#runs.clear();
  }
}

function displayMade({ header, content }: IopubMessage): string[] {
  const id = header.msg_type === 'update_display_data' ? undefined : displayId(content);
  return id === undefined ? [] : [id];
}
