/** Where in a query an error is. SQLite's driver tells the words that are wrong, not their place. */

/** The place of what the message names, from 1, if the query has it exactly once. */
export function placeOf(
  message: string,
  sql: string
): { line: number; column: number } | undefined {
  const word =
    /^near "([\s\S]+)": /.exec(message)?.[1] ??
    /^unrecognized token: "([\s\S]+)"$/.exec(message)?.[1] ??
    /^no such (?:column|table|function|table column): (\S+)/.exec(message)?.[1];
  if (word === undefined) {
    return message === 'incomplete input' ? place(sql, sql.trimEnd().length) : undefined;
  }
  const found = [...sql.matchAll(wordIn(word))];
  const [first] = found;
  return first === undefined || found.length > 1 ? undefined : place(sql, first.index);
}

/** The word where it stands by itself. */
function wordIn(word: string): RegExp {
  const text = word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`(?<![\\w.])${text}${/\w$/.test(word) ? '(?!\\w)' : ''}`, 'g');
}

function place(sql: string, index: number): { line: number; column: number } {
  const before = sql.slice(0, index).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}
