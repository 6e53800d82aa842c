/**
 * Stream text as a terminal shows it: carriage returns overwrite, backspaces delete, as JupyterLab's
 * output area does. So a progress bar is one line in the notebook, not a thousand.
 */

/** What is on the screen, and where the next character goes (UTF-16 index into `text`). */
export interface TerminalText {
  readonly text: string;
  readonly cursor: number;
}

export const EMPTY_TEXT: TerminalText = { text: '', cursor: 0 };

/** The screen after `added` is printed. The cursor never leaves the last line. */
export function print(screen: TerminalText, added: string): TerminalText {
  if (screen.cursor === screen.text.length && !/[\r\b]/.test(added)) {
    const text = screen.text + added;
    return { text, cursor: text.length };
  }
  const lineStart = screen.text.lastIndexOf('\n') + 1;
  const above = [screen.text.slice(0, lineStart)];
  let line = screen.text.slice(lineStart);
  let column = screen.cursor - lineStart;
  for (const part of added.split(/([\n\r\b])/)) {
    switch (part) {
      case '\n':
        above.push(`${line}\n`);
        line = '';
        column = 0;
        break;
      case '\r':
        column = 0;
        break;
      case '\b':
        if (column > 0) {
          // JupyterLab deletes the character under the cursor as well.
          line = line.slice(0, column - 1) + line.slice(column + 1);
          column -= 1;
        }
        break;
      default:
        line = line.slice(0, column) + part + line.slice(column + part.length);
        column += part.length;
    }
  }
  const head = above.join('');
  // Overwriting can cut a surrogate pair in two; Yjs stores well-formed text only.
  return { text: head + line.replace(/\p{Surrogate}/gu, '\ufffd'), cursor: head.length + column };
}
