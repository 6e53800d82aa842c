/**
 * Lines of an output as rows of the page, drawn by JupyterLab's own renderer of text: its colours, its
 * links. It draws a whole text, so that colours reach over line ends; then the text is cut into rows.
 */
import type { IRenderMime } from '@jupyterlab/rendermime';
import { renderText } from '@jupyterlab/rendermime';
import { element } from './element.js';

/** The class of a row. */
export const ROW = 'jp-ColophonLines-row';

/** One row for each line. */
export function rowsOf(lines: readonly string[], sanitizer: IRenderMime.ISanitizer): HTMLElement[] {
  const host = document.createElement('div');
  // What a browser takes for a line end in markup would make rows that are no lines.
  const source = lines.map(line => line.replace(/[\r\n]/g, ' ')).join('\n');
  void renderText({ host, sanitizer, source });
  const drawn = host.firstElementChild;
  const rows = drawn === null ? [] : cut(drawn);
  return rows.length === lines.length
    ? rows
    : lines.map(line => element('div', { className: ROW }, line));
}

/** The content of a node as rows: at each line end, what is open is closed and opened again. */
function cut(node: Node): HTMLElement[] {
  const newRow = () => element('div', { className: ROW });
  const rows = [newRow()];
  const open: Node[] = [];
  let place: Node = rows[0] ?? newRow();
  const visit = (child: Node): void => {
    if (child instanceof Text) {
      child.data.split('\n').forEach((piece, index) => {
        if (index > 0) {
          const row = newRow();
          rows.push(row);
          place = open.reduce<Node>((parent, each) => parent.appendChild(each.cloneNode()), row);
        }
        if (piece !== '') {
          place.appendChild(document.createTextNode(piece));
        }
      });
      return;
    }
    open.push(child);
    place = place.appendChild(child.cloneNode());
    child.childNodes.forEach(visit);
    open.pop();
    place = place.parentNode ?? place;
  };
  node.childNodes.forEach(visit);
  return rows;
}
