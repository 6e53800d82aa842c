/**
 * The projects of `colophon serve`: each a folder with a database of its own, opened when it is first
 * asked for, with all that its streams do by themselves.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from './clock.js';
import { openDurableStreams } from './durable-door.js';
import type { DurableStreams } from './durable-streams/durable-streams.js';
import { randomIds } from './ids.js';
import { JournalUnusable } from './journal/database.js';
import { openSqliteJournal } from './journal/sqlite.js';
import type { Checkpoints } from './loop/checkpoints.js';
import { PostDoor } from './loop/post-door.js';
import { openOutside, type OpenOutside } from './outside.js';
import { keepRecord } from './record-keeping.js';
import { openRecordReader } from './record-reader.js';

const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** Whether a project may have this name. */
export function isProjectName(name: unknown): name is string {
  return typeof name === 'string' && NAME.test(name);
}

/** What is served of one project. */
export interface Project {
  readonly door: PostDoor;
  readonly durable: DurableStreams;
  readonly record: ReturnType<typeof openRecordReader>;
  readonly outside: OpenOutside;
  readonly checkpoints: Checkpoints;
}

interface ProjectsOptions {
  readonly dir: string;
  readonly allowPrivate: boolean;
  /** Address of the Durable Streams, known once the server listens. */
  readonly root: () => string;
}

export class Projects {
  readonly #options: ProjectsOptions;
  readonly #open = new Map<string, Project>();

  constructor(options: ProjectsOptions) {
    this.#options = options;
  }

  /** Opens what is there, so that its streams do what they do by themselves before anybody asks. */
  start(): void {
    const { dir } = this.#options;
    this.get('default');
    for (const name of readdirSync(dir)) {
      if (isProjectName(name) && existsSync(join(dir, name, 'journal.db'))) {
        try {
          this.get(name);
        } catch (error) {
          if (!(error instanceof JournalUnusable)) {
            throw error;
          }
          console.error(`The project ${name} is not served. ${error.message} ${error.remedy}`);
        }
      }
    }
  }

  /** Throws JournalUnusable. */
  get(name: string): Project {
    const known = this.#open.get(name);
    if (known !== undefined) {
      return known;
    }
    const { dir, allowPrivate, root } = this.#options;
    const dataDir = join(dir, name);
    const opened = openSqliteJournal({ dataDir, clock: systemClock, ids: randomIds });
    const { database, journal, setAside } = opened;
    if (setAside !== null) {
      console.error(`The journal of ${name} was damaged. It was kept as ${setAside}.`);
    }
    const outside = openOutside({ database, allowPrivate });
    const door = new PostDoor({
      ...{ journal, clock: systemClock, ids: randomIds, outside },
      warn: message => console.error(message)
    });
    const durable = openDurableStreams({
      ...{ journal, database, push: outside.push, root: root() },
      admit: (stream, drafts) => door.streams.admit(stream, drafts),
      remove: (stream, caller) => door.streams.discard(stream, caller)
    });
    const checkpoints = keepRecord(journal, database);
    const project = { door, durable, outside, checkpoints, record: openRecordReader(dataDir) };
    this.#open.set(name, project);
    door.streams.start();
    return project;
  }

  /** Settles once everything is durable that was acknowledged. */
  async close(): Promise<void> {
    const closing = [...this.#open.values()].map(async project => {
      const { door, durable, outside, checkpoints, record } = project;
      door.streams.stop();
      outside.close();
      durable.close();
      record.close();
      await checkpoints.close();
      await door.journal.close();
    });
    await Promise.all(closing);
  }
}
