/** Generated notebooks, and generated ways in which one becomes another. */
import fc from 'fast-check';
import { summarizeOutput } from '../../../agent/core/notebook/output.js';
import type { CellState, NotebookState } from '../../../agent/core/notebook/state.js';
import type { CellId, Json } from '../../../schema/index.js';

/** Few ids, so that two notebooks share many cells. */
const cellId = fc.integer({ min: 0, max: 14 }).map(number => `cell-${number}` as CellId);

const text = fc.oneof(
  fc.constantFrom('', 'print(1)', 'print(2)\n', 'é😀', '😀😁', '# title\n\ntext'),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 8 })
);

const json = fc.jsonValue({ maxDepth: 2 }).map(value => JSON.parse(JSON.stringify(value)) as Json);

/** A JSON object with a few keys. */
export const record = fc
  .dictionary(fc.constantFrom('tags', 'collapsed', 'jupyter', 'x', 'é', ''), json, { maxKeys: 3 })
  .map(entries => ({ ...entries }));

/** An output as nbformat has it. */
export const output = fc.oneof(
  fc.record({
    output_type: fc.constant('stream'),
    name: fc.constantFrom('stdout', 'stderr'),
    text
  }),
  fc.record({
    output_type: fc.constantFrom('display_data', 'execute_result'),
    data: fc.dictionary(fc.constantFrom('text/plain', 'image/png', 'application/json'), text, {
      maxKeys: 2
    }),
    metadata: record
  }),
  fc.record({
    output_type: fc.constant('error'),
    ename: fc.constantFrom('ValueError', 'KeyError'),
    evalue: text,
    traceback: fc.array(text, { maxLength: 2 })
  })
);

/** A cell with this id. */
function cell(id: CellId): fc.Arbitrary<CellState> {
  return fc
    .record({
      cellType: fc.constantFrom('code' as const, 'markdown' as const, 'raw' as const),
      source: text,
      metadata: record,
      attachments: fc.option(record, { nil: undefined }),
      executionCount: fc.option(fc.integer({ min: 1, max: 99 })),
      outputs: fc.array(
        output.map(value => summarizeOutput(value)),
        { maxLength: 4 }
      )
    })
    .map(({ attachments, ...rest }) => ({
      cellId: id,
      ...rest,
      ...(attachments === undefined ? {} : { attachments })
    }));
}

/** A notebook's state; the path is always known. */
export const notebook: fc.Arbitrary<NotebookState> = fc
  .record({
    path: fc.constantFrom('a.ipynb', 'b/c.ipynb'),
    metadata: record,
    nbformat: fc.constantFrom(4, 5),
    nbformatMinor: fc.integer({ min: 0, max: 5 }),
    ids: fc.uniqueArray(cellId, { maxLength: 12 })
  })
  .chain(({ ids, ...head }) =>
    fc.tuple(...ids.map(cell)).map(cells => ({ ...head, cells: [...cells] }))
  );

/** A notebook made from another by moving, copying from a third and dropping cells. */
export const change: fc.Arbitrary<readonly [NotebookState, NotebookState]> = fc
  .tuple(notebook, notebook, fc.array(fc.nat(99), { minLength: 60, maxLength: 60 }))
  .map(([before, other, numbers]) => {
    let taken = 0;
    const take = (): number => numbers[taken++] ?? 0;
    const others = new Map(other.cells.map(one => [one.cellId, one]));
    const mixed = before.cells.map(one =>
      take() < 70 ? one : { ...one, ...(others.get(one.cellId) ?? {}) }
    );
    const ids = new Set(before.cells.map(one => one.cellId));
    const fresh = other.cells.filter(one => !ids.has(one.cellId) && take() < 40);
    const cells = [...mixed, ...fresh].filter(() => take() < 85);
    for (let moves = take() % 4; moves > 0 && cells.length > 1; moves--) {
      const [moved] = cells.splice(take() % cells.length, 1);
      cells.splice(take() % (cells.length + 1), 0, ...(moved === undefined ? [] : [moved]));
    }
    return [before, { ...(take() < 50 ? before : other), cells }] as const;
  });
