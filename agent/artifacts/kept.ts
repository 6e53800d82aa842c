/**
 * Names of files that are never removed by themselves, because the journal that knew who needs them
 * was lost or set back: a list beside them that only grows.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

export class Kept {
  readonly #path: string;
  readonly #names: Set<string>;

  constructor(path: string) {
    this.#path = path;
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    this.#names = new Set(text.split('\n').filter(line => line !== ''));
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  add(names: readonly string[]): void {
    const added = names.filter(name => !this.#names.has(name));
    if (added.length > 0) {
      appendFileSync(this.#path, `\n${added.join('\n')}\n`, { mode: 0o600, flush: true });
      added.forEach(name => this.#names.add(name));
    }
  }
}
