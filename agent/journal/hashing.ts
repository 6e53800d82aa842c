/** SHA-256 and salts of the record, by the machine's own. */
import { hash, randomFillSync } from 'node:crypto';
import type { Hashing } from '../core/record/leaf.js';

const pair = Buffer.alloc(65, 1);

/** The one-shot form and a hexadecimal answer are several times faster than the others. */
export const nodeHashing: Hashing = {
  text: text => hash('sha256', text, 'hex'),
  node(left, right) {
    pair.write(left, 1, 'hex');
    pair.write(right, 33, 'hex');
    return hash('sha256', pair, 'hex');
  }
};

const SALT_DIGITS = 32;
const pool = Buffer.alloc(8192);
let salts = '';
let used = 0;

/** 32 new hexadecimal digits by chance. */
export function randomSalt(): string {
  if (used === salts.length) {
    salts = randomFillSync(pool).toString('hex');
    used = 0;
  }
  used += SALT_DIGITS;
  return salts.slice(used - SALT_DIGITS, used);
}
