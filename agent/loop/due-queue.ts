/** Names in the order in which they are due. */

/** A name is in it once; adding it again moves it. Times in ms. */
export class DueQueue {
  readonly #due = new Map<string, number>();
  readonly #order: { readonly name: string; readonly due: number }[] = [];

  /** When the first is due; null if there is none. */
  get first(): number | null {
    return this.#order[0]?.due ?? null;
  }

  add(name: string, due: number): void {
    this.remove(name);
    this.#due.set(name, due);
    this.#order.splice(this.#place(name, due), 0, { name, due });
  }

  remove(name: string): void {
    const due = this.#due.get(name);
    if (due !== undefined) {
      this.#due.delete(name);
      this.#order.splice(this.#place(name, due), 1);
    }
  }

  /** Takes out the first that are due by then, `limit` at most. */
  take(now: number, limit: number): string[] {
    const later = this.#order.slice(0, limit).findIndex(({ due }) => due > now);
    const taken = this.#order.splice(0, later === -1 ? limit : later);
    taken.forEach(({ name }) => this.#due.delete(name));
    return taken.map(({ name }) => name);
  }

  /** Index of the first entry that is not before this one. */
  #place(name: string, due: number): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const entry = this.#order[middle];
      if (entry && (entry.due < due || (entry.due === due && entry.name < name))) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
