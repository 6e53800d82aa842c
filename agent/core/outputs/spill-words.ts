/** The words that stand in a cell for output kept outside the document; read where Colophon is not. Pure. */

/** What could not be kept, and why; for a person. */
export interface NotKept {
  readonly bytes: number;
  readonly reason: string;
}

/** The first line beside a stream's artifact; the end of the text follows. */
export function streamNote(bytes: number, lost?: NotKept): string {
  return goesOn('output', bytes, lost);
}

/** The first line beside the artifact of all further outputs; the last of them follow. */
export function restNote(bytes: number, lost?: NotKept): string {
  const note = `[There are more outputs: ${sizeWords(bytes)} in all, as the kernel sent them, one a line.`;
  return lost === undefined
    ? `${note} They are kept beside the notebook; these are the last.]`
    : `${note} ${lostWords(lost)} These are the last.]`;
}

/** The first line beside the artifact of an error; its end follows. */
export function errorNote(bytes: number, lost?: NotKept): string {
  return goesOn('error', bytes, lost);
}

/** In place of a value that could not be kept. */
export function partNote(mediaType: string, reason: string): string {
  return `[An output of type ${mediaType} is too large for the notebook and could not be kept: ${reason}]`;
}

function goesOn(what: string, bytes: number, lost?: NotKept): string {
  const note = `[The ${what} goes on: ${sizeWords(bytes)} in all.`;
  return lost === undefined
    ? `${note} It is kept beside the notebook; this is its end.]`
    : `${note} ${lostWords(lost)} This is its end.]`;
}

function lostWords({ bytes, reason }: NotKept): string {
  return `${sizeWords(bytes)} of it could not be kept: ${reason}`;
}

function sizeWords(bytes: number): string {
  return bytes < 10_000
    ? `${bytes} bytes`
    : bytes < 10_000_000
      ? `${Math.round(bytes / 1000)} kB`
      : `${Math.round(bytes / 1_000_000)} MB`;
}
