/** Offsets as clients see them: opaque, of fixed width, so that they sort as their positions do. */

const DIGITS = 16;
const GENERATION = '0'.repeat(DIGITS);

/** The offset of a position: the generation of the stream's storage, always 0, then the position. */
export function formatOffset(position: number): string {
  return `${GENERATION}_${String(position).padStart(DIGITS, '0')}`;
}

/** The position of an offset that this server could have given; undefined for any other text. */
export function parseOffset(text: string): number | undefined {
  const [, generation, digits] = /^(\d{16})_(\d{16})$/.exec(text) ?? [];
  if (digits === undefined) {
    return undefined;
  }
  const position = Number(digits);
  return generation === GENERATION && Number.isSafeInteger(position) ? position : Infinity;
}
