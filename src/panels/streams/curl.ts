/** Commands for a shell that do what the Streams browser does. */
import type { Post } from '../../../schema/index.js';

/** Follows the stream, as readable JSON. @param address The stream's absolute address. */
export function tailCommand(address: string): string {
  return [
    `curl -NH "Authorization: token $TOKEN" ${quoted(`${address}?live=true`)}`,
    `sed -nu 's/^data: //p' | jq .`
  ].join(' | ');
}

/** Posts the event. */
export function postCommand(address: string, post: Post): string {
  return `curl -H "Authorization: token $TOKEN" --json ${quoted(JSON.stringify(post))} ${quoted(address)}`;
}

/** A shell's word; a quote ends the word, stands for itself, and begins it again. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
