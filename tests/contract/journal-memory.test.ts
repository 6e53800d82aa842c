/** The journal in memory keeps the contract. */
import { randomIds } from '../../agent/ids.js';
import { memoryJournal } from '../../agent/journal/memory.js';
import { STILL, journalContract } from './journal.js';
import { removalContract } from './journal-removal.js';

journalContract('memory', async () => memoryJournal(randomIds, STILL));
removalContract('memory', async () => memoryJournal(randomIds, STILL));
