/** What nobody waits for costs the disk nothing of its own. */
import { describe, expect, it } from 'vitest';
import { randomIds } from '../../agent/ids.js';
import { GroupCommitJournal } from '../../agent/journal/group-commit.js';
import { memoryStorage } from '../../agent/journal/memory.js';
import { CrankedClock } from '../unit/runtime/cranked-clock.js';
import { draft, pathOf, STREAM } from './journal.js';

const turn = (): Promise<void> => new Promise(resolve => void setImmediate(resolve));

function counted() {
  const storage = memoryStorage();
  const clock = new CrankedClock();
  const commits: number[] = [];
  const commit = storage.commit.bind(storage);
  storage.commit = (entries, snapshots) => {
    commits.push(entries.length);
    commit(entries, snapshots);
  };
  return { clock, commits, journal: new GroupCommitJournal(storage, randomIds, clock) };
}

describe('a write that nobody waits for', () => {
  it('[LT1] goes with the next one that somebody waits for, in order', async () => {
    const { commits, journal } = counted();
    for (const path of ['a', 'b']) {
      void journal.append({ stream: STREAM, events: [draft(path)], patient: true });
      await turn();
      await turn();
    }
    expect(commits).toEqual([]);
    await journal.append({ stream: STREAM, events: [draft('c')] }).durable;
    expect(commits).toEqual([3]);
    expect(journal.read(STREAM).map(pathOf)).toEqual(['a', 'b', 'c']);
    await journal.close();
  });

  it('[LT1] is written after a fiftieth of a second all the same, and when the journal closes', async () => {
    const { clock, commits, journal } = counted();
    const { durable } = journal.append({ stream: STREAM, events: [draft('a')], patient: true });
    clock.pass(20);
    await durable;
    expect(commits).toEqual([1]);
    void journal.append({ stream: STREAM, events: [draft('b')], patient: true });
    await journal.close();
    expect(commits).toEqual([1, 1]);
  });
});
