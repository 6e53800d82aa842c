/** The line's place on the page: inside JupyterLab's own foot of a cell, which is empty by default. */
import type { Cell } from '@jupyterlab/cells';
import type { FooterLine } from '../../words/cell-facts.js';

const LINE = 'jp-ColophonFooter';

/** Show the line, or nothing if it has no parts. A cell without a foot yet is left alone. */
export function showLine(cell: Cell, { tone, parts }: FooterLine): void {
  if (parts.length === 0) {
    removeLine(cell);
    return;
  }
  const foot = footOf(cell);
  if (foot === undefined) {
    return;
  }
  const line = lineIn(foot) ?? appendLine(foot);
  const text = parts.join(' · ');
  if (line.textContent !== text) {
    line.textContent = text;
    line.title = text;
  }
  if (line.dataset['tone'] !== tone) {
    line.dataset['tone'] = tone;
  }
}

/** Leave the foot as JupyterLab made it. */
export function removeLine(cell: Cell): void {
  const foot = footOf(cell);
  const line = foot && lineIn(foot);
  line?.remove();
  foot?.classList.remove('jp-mod-colophon');
}

function footOf(cell: Cell): HTMLElement | undefined {
  for (const widget of cell.layout ?? []) {
    if (widget.hasClass('jp-CellFooter')) {
      return widget.node;
    }
  }
  return undefined;
}

function lineIn(foot: HTMLElement): HTMLElement | undefined {
  return foot.querySelector<HTMLElement>(`:scope > .${LINE}`) ?? undefined;
}

function appendLine(foot: HTMLElement): HTMLElement {
  const line = document.createElement('div');
  line.className = LINE;
  foot.classList.add('jp-mod-colophon');
  foot.append(line);
  return line;
}
