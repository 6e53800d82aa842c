/**
 * The host as a process: the real loop and journal, on rows that outlive it. When it is killed, what
 * was not yet durable is gone.
 */
import { runtimeActor } from '../../agent/core/actors.js';
import { GroupCommitJournal } from '../../agent/journal/group-commit.js';
import type { Storage } from '../../agent/journal/storage.js';
import { Loop } from '../../agent/loop/loop.js';
import type { AgentRunner, Journal, Server } from '../../agent/ports/host.js';
import { createAttributor } from '../../agent/room/attribution.js';
import { notebookJson, rebuildDocument } from '../../agent/room/rebuild.js';
import { openReplica, resumeReplica } from '../../agent/room/replica.js';
import type { Actor, FromServer, StreamPath, ToAgent, ToServer } from '../../schema/index.js';
import { Life } from './life.js';
import { FILE, type Machine } from './machine.js';
import type { Wire } from './network.js';
import { SimulatedAgent } from './simulated-agent.js';
import { SimulatedStore } from './simulated-store.js';
import type { ServerFrame } from './simulated-server.js';

const ANSWER_WITHIN = 10_000;
const STOP_WITHIN = 5000;
/** An hour. */
const GRACE_DAYS = 1 / 24;
const SETTINGS = { agentIdleSeconds: 30, sourceWaitSeconds: 5, editPauseSeconds: 1 };

type Answer = Extract<FromServer, { type: 'flushed' | 'token.granted' | 'path' }>;
/** A question without its id. */
type Question = ToServer extends infer M
  ? M extends { id: string }
    ? Omit<M, 'id'>
    : never
  : never;

interface Running {
  readonly epoch: number;
  readonly agent: SimulatedAgent;
  waiting: ToAgent[] | null;
}

/** The disk says no; whether it kept what it got, nobody knows. */
class DiskIsFull extends Error {}

export class SimulatedHost {
  readonly life = new Life();
  readonly loop: Loop;
  readonly journal: Journal;
  readonly #machine: Machine;
  readonly #toServer: Wire<ToServer>;
  readonly #questions = new Map<string, (answer: Answer) => void>();
  readonly #agents = new Set<SimulatedAgent>();
  readonly #ended = Promise.withResolvers<undefined>();
  #running: Running | undefined;
  #stopping = false;

  constructor(machine: Machine, storage: Storage, tap: string, toServer: Wire<ToServer>) {
    this.#machine = machine;
    this.#toServer = toServer;
    const clock = this.life.clock(machine.clock);
    const ids = {
      next: () => machine.nextId('id'),
      secret: () => machine.nextId('token')
    };
    const rows: Storage = {
      ...storage,
      commit: (entries, snapshots) => {
        if (!this.life.alive) {
          return;
        }
        const whole = !machine.diskFull || machine.chance.happens(0.3);
        if (whole) {
          storage.commit(entries, snapshots);
        }
        if (machine.diskFull) {
          throw new DiskIsFull();
        }
      },
      faultOf: error => (error instanceof DiskIsFull ? { kind: 'full', reason: 'no space' } : null)
    };
    this.journal = new GroupCommitJournal(rows, ids, clock);
    this.loop = new Loop({
      ...{ journal: this.journal, clock, ids, tap, settings: SETTINGS },
      mirror: {
        open: openReplica,
        resume: resumeReplica,
        attributor: createAttributor,
        rebuild: updates => notebookJson(rebuildDocument(updates))
      },
      server: this.#server(),
      runner: this.#runner(),
      artifacts: { store: new SimulatedStore(machine, this.life), graceDays: GRACE_DAYS },
      outside: {
        expressions: { evaluate: () => Promise.reject(new Error('none')), close: () => undefined },
        push: { post: () => Promise.resolve({ failure: 'none' }), refusal: () => null },
        secrets: { secretOf: () => 'whsec_none' },
        chance: () => 0
      },
      warn: line => machine.note(`host: ${line}`)
    });
    this.loop.start();
  }

  /** The agents that live, newest last. */
  get agents(): SimulatedAgent[] {
    return [...this.#agents].filter(({ life }) => life.alive);
  }

  /** Takes a frame of the server. */
  take({ header, payload }: ServerFrame): void {
    switch (header.type) {
      case 'hello':
        break;
      case 'flushed':
      case 'token.granted':
      case 'path':
        this.#questions.get(header.id)?.(header);
        break;
      default:
        if (!this.#stopping) {
          this.loop.take(header, payload);
        }
    }
  }

  /** A request over HTTP; undefined if the process ends before it is answered. */
  async request<T>(work: (host: this) => Promise<T>): Promise<T | undefined> {
    return this.life.alive ? Promise.race([this.#ended.promise, work(this)]) : undefined;
  }

  /** Killed; its agents hear the end of their input, each in its time. */
  kill(): void {
    if (this.life.alive) {
      this.#end();
      this.#toServer.end(137);
      this.#agents.forEach(({ stdin }) => stdin.end(0));
    }
  }

  /** The server is gone: tells what is pending, lets the agents leave, closes the journal. */
  async stop(): Promise<void> {
    // One that was killed does nothing any more.
    if (this.#stopping || !this.life.alive) {
      return;
    }
    this.#stopping = true;
    this.loop.stop();
    for (const { stdin } of this.#agents) {
      stdin.send({ type: 'stop' });
      stdin.end(0);
    }
    await new Promise<void>(resolve =>
      this.#machine.clock.after(1000, () => {
        this.#agents.forEach(agent => agent.kill());
        resolve();
      })
    );
    if (this.life.alive) {
      const closed = this.journal.close();
      this.#end();
      await closed;
      this.#toServer.end(0);
    }
  }

  #end(): void {
    this.life.end();
    this.#ended.resolve(undefined);
  }

  #server(): Server & { tell(message: ToServer): void } {
    const tell = (message: ToServer) => this.life.alive && this.#toServer.send(message);
    return {
      baseUrl: 'http://server/',
      hooksTrusted: true,
      tell,
      flush: async () => void (await this.#ask({ type: 'flush' })),
      grantToken: async (token: string, actor: Actor, stream: StreamPath) =>
        void (await this.#ask({ type: 'token.grant', token, actor, stream })),
      revokeToken: token => tell({ type: 'token.revoke', token }),
      pathOf: async () => {
        const answer = await this.#ask({ type: 'path.request', fileId: FILE });
        return answer.type === 'path' ? answer.path : null;
      }
    };
  }

  #ask(question: Question): Promise<Answer> {
    const id = this.#machine.nextId('question');
    return new Promise((resolve, reject) => {
      const cancel = this.life
        .clock(this.#machine.clock)
        .after(ANSWER_WITHIN, () => reject(new Error('The server did not answer.')));
      this.#questions.set(id, answer => {
        cancel();
        this.#questions.delete(id);
        resolve(answer);
      });
      this.#toServer.send({ ...question, id });
    });
  }

  /** As agent/agents/process-runner.ts runs them. */
  #runner(): AgentRunner & { health(): [] } {
    const of = (epoch: number) => (this.#running?.epoch === epoch ? this.#running : undefined);
    return {
      health: () => [],
      start: (stream, epoch, { path, resume }) => {
        this.#running?.agent.kill();
        const token = this.#machine.nextId('token');
        let reason = '';
        const agent = new SimulatedAgent(this.#machine, {
          take: this.life.guarded(line => {
            reason = line.type === 'failed' ? line.reason : reason;
            this.loop.report(stream, epoch, line);
          }),
          ended: this.life.guarded(code => {
            this.#agents.delete(agent);
            if (this.#running === running) {
              this.#running = undefined;
            }
            this.#toServer.send({ type: 'token.revoke', token });
            const why = reason === '' ? `exit code ${code}` : reason;
            this.loop.report(stream, epoch, { type: 'exited', code, reason: why });
          })
        });
        const running: Running = { epoch, agent, waiting: [] };
        this.#agents.add(agent);
        this.#running = running;
        this.loop.report(stream, epoch, { type: 'spawned', pid: 1 });
        this.#ask({ type: 'token.grant', token, actor: runtimeActor(), stream }).then(
          () => {
            const kept = running.waiting ?? [];
            running.waiting = null;
            agent.stdin.send({
              ...{ type: 'join', baseUrl: 'http://server/', token, fileId: FILE, path, epoch },
              inlineBytes: 1_000_000,
              ...(resume && { resume })
            });
            kept.forEach(message => agent.stdin.send(message));
          },
          () => agent.kill()
        );
      },
      tell: (_stream, epoch, message) => {
        const running = of(epoch);
        if (running?.waiting) {
          running.waiting.push(message);
        } else {
          running?.agent.stdin.send(message);
        }
      },
      stop: (_stream, epoch) => {
        const running = of(epoch);
        if (running !== undefined) {
          running.waiting = [];
          running.agent.stdin.send({ type: 'stop' });
          running.agent.stdin.end(0);
          this.#machine.clock.after(STOP_WITHIN, () => running.agent.kill());
        }
      },
      stopAll: () => Promise.resolve()
    };
  }
}
