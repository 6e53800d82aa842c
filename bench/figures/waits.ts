/** How long Jupyter Server lets a plain request wait. */
import { setTimeout as pause } from 'node:timers/promises';
import type { JupyterLab } from '../../tests/e2e/jupyter-lab.js';

/** Asks it for its status again and again; gives the milliseconds that each took. */
export function watch(lab: JupyterLab): () => Promise<number[]> {
  const waits: number[] = [];
  let going = true;
  const watching = (async () => {
    while (going) {
      const asked = performance.now();
      await lab.fetch('api/status');
      waits.push(performance.now() - asked);
      await pause(20);
    }
  })();
  return async () => {
    going = false;
    await watching;
    return waits;
  };
}
