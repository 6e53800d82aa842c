/** Rows as a table of text for a terminal. */

/** So many characters of a value are shown. */
const WIDEST = 60;

/** The lines of the table, each with its end; nothing below the names for no rows. */
export function* tableOf(
  names: readonly string[],
  rows: readonly (readonly (string | number | null)[])[]
): Generator<string> {
  const shown = rows.map(row => row.map(shownAs));
  const widths = names.map((name, column) =>
    shown.reduce((width, row) => Math.max(width, (row[column] ?? '').length), name.length)
  );
  const line = (values: readonly string[]) =>
    `${values
      .map((value, column) => value.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()}\n`;
  yield line(names);
  yield line(widths.map(width => '─'.repeat(width)));
  for (const row of shown) {
    yield line(row);
  }
}

/** On one line; what a terminal would obey is shown as a dot. */
function shownAs(value: string | number | null): string {
  const text = String(value ?? '').replace(/\s+/g, ' ');
  const plain = text.replace(/\p{Cc}/gu, '·');
  return plain.length > WIDEST ? `${plain.slice(0, WIDEST - 1)}…` : plain;
}
