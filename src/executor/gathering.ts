/**
 * Gathers calls into gestures. JupyterLab calls the executor once per cell, all in one turn of the
 * event loop; the host is to get one request with all cells, so that "stop on error" and "cancel"
 * mean the whole gesture.
 */

export class Gathering<Key extends object, Item> {
  /**
   * @param perform Called once per key and turn with everything that was added, in order of adding.
   * @param atEndOfTurn Calls back when the present turn's code has run; a microtask.
   */
  constructor(
    private readonly perform: (key: Key, items: readonly Item[]) => void,
    private readonly atEndOfTurn: (callback: () => void) => void = callback =>
      queueMicrotask(callback)
  ) {}

  add(key: Key, item: Item): void {
    const gathered = this.open.get(key);
    if (gathered !== undefined) {
      gathered.push(item);
      return;
    }
    const items = [item];
    this.open.set(key, items);
    this.atEndOfTurn(() => {
      this.open.delete(key);
      this.perform(key, items);
    });
  }

  private readonly open = new Map<Key, Item[]>();
}
