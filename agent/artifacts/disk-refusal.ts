/** What is said when the disk does not take an upload. */
import type { Rejection } from '../../schema/index.js';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const AT_FAULT = new Set(['EACCES', 'EIO', 'EMFILE', 'ENFILE', 'EPERM', 'EROFS', 'ENOTDIR']);

/** The refusal for an error of the file system; throws what is none. */
export function diskRefusal(error: unknown): { readonly rejection: Rejection } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (FULL.has(code)) {
    return noSpace();
  }
  if (!AT_FAULT.has(code)) {
    throw error;
  }
  const detail = `The folder of artifacts does not take what is written (${code}). Check its disk and permissions.`;
  return { rejection: { code: 'journal-unwritable', detail } };
}

/** The disk is full, or nearly. */
export function noSpace(): { readonly rejection: Rejection } {
  const detail =
    'The disk has no space for output outside the document; the last 100 MB are kept for the record. Make space, then run the cell again.';
  return { rejection: { code: 'journal-full', detail } };
}
