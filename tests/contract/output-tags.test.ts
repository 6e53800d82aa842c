/** What the tags of a cell that nbclient knows mean here. */
import { expect, it } from 'vitest';
import type { CellId } from '../../schema/index.js';
import { ExecutionWorld, NOTEBOOK } from '../unit/core/execution-world.js';

it('[Y11] a cell that is tagged skip-execution runs when somebody runs it, as in JupyterLab', () => {
  const world = new ExecutionWorld();
  const cell = { ...NOTEBOOK.cells[0]!, metadata: { tags: ['skip-execution'] } };
  world.notebook = { ...NOTEBOOK, cells: [{ ...cell, cellId: 'skipped' as CellId }] };
  world.run(['skipped']);
  world.ready();
  world.start();
  world.finish('ok');
  expect(world.outcomes()).toEqual([['skipped', 'ok']]);
});
