/** One row of the tree of streams: its caret, its name, how much has happened in it. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import type { TreeRow } from './stream-tree.js';
import type { StreamsModel } from './streams-model.js';

export interface TreeNodeProps {
  readonly model: StreamsModel;
  readonly row: TreeRow;
  /** Has the keyboard's place in the tree. */
  readonly current: boolean;
  readonly onOpen: (row: TreeRow) => void;
}

export function TreeNode({ model, row, current, onOpen }: TreeNodeProps) {
  const { trans } = model;
  return (
    <div
      role="treeitem"
      className="jp-ColophonStreams-node"
      title={model.titleOf(row.path)}
      data-path={row.path}
      aria-level={row.level}
      aria-posinset={row.position}
      aria-setsize={row.setSize}
      aria-expanded={row.expandable ? row.expanded : undefined}
      aria-selected={row.path === model.chosen}
      tabIndex={current ? 0 : -1}
      style={{ paddingLeft: 4 + (row.level - 1) * 12 }}
      onClick={() => onOpen(row)}
    >
      <Caret row={row} model={model} />
      <span className="jp-ColophonStreams-label">{row.label}</span>
      <Count count={model.countOf(row)} trans={trans} />
    </div>
  );
}

function Caret({ row, model }: { row: TreeRow; model: StreamsModel }) {
  const Icon = row.expanded ? caretDownIcon : caretRightIcon;
  return (
    <span
      className="jp-ColophonStreams-caret"
      onClick={event => {
        if (row.expandable) {
          event.stopPropagation();
          model.fold(row.path, row.expanded);
        }
      }}
    >
      {row.expandable && <Icon.react tag="span" stylesheet="menuItem" />}
    </span>
  );
}

function Count({ count, trans }: { count: number | undefined; trans: TranslationBundle }) {
  return count === undefined ? (
    <></>
  ) : (
    <span className="jp-ColophonStreams-count">
      <span aria-hidden="true">{count.toLocaleString()}</span>
      <span className="jp-ColophonStreams-spoken">
        {trans._n('%1 event', '%1 events', count, count)}
      </span>
    </span>
  );
}
