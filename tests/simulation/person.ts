/**
 * A person with a browser: JupyterLab's own shared model, kept equal with the room; edits, and
 * commands that are sent again under the same id until they are answered.
 */
import { YCodeCell, YNotebook } from '@jupyter/ydoc';
import type { Answer } from '../../agent/loop/door.js';
import { sourceHash } from '../../agent/core/digest.js';
import type { CellId, Command, CommandId, Event } from '../../schema/index.js';
import { Life } from './life.js';
import { STREAM, type Machine } from './machine.js';
import { consoleProgram, program } from './programs.js';
import { RoomClient } from './room-client.js';
import type { SimulatedHost } from './simulated-host.js';

const RETRY_EVERY = 700;
/** Refusals that ask to send the command again, with its id. */
const AGAIN = new Set(['shutting-down', 'journal-full']);

type AskedFact = Extract<Event, { type: 'execution.input-requested' }>['data'];

interface Pending {
  readonly command: Command;
  /** The host that was asked; another one is asked again. */
  asked: SimulatedHost | undefined;
}

export class Person {
  readonly pending = new Map<CommandId, Pending>();
  readonly answers: Answer[] = [];
  /** Cells that this person moved or deleted, and the executions known by then. */
  readonly onMove: (cellId: string) => void;
  readonly onClear: (cellId: string) => void;
  #notebook!: YNotebook;
  #client!: RoomClient;
  #session = '';
  #synced = false;
  #life = new Life();

  constructor(
    readonly name: string,
    private readonly machine: Machine,
    { onMove, onClear }: Pick<Person, 'onMove' | 'onClear'>
  ) {
    this.onMove = onMove;
    this.onClear = onClear;
    this.#open();
  }

  get here(): boolean {
    return this.#synced;
  }

  /** The browser is closed, or crashes, and is opened again. */
  leave(): void {
    this.#life.end();
    this.#client.socket?.clientKilled();
    this.#open();
  }

  /** Lets go of the document, which has a timer of its own. */
  close(): void {
    this.#life.end();
    this.#notebook.dispose();
  }

  cut(): boolean {
    this.#client.socket?.cut();
    return this.#client.socket !== undefined;
  }

  /** Types into a cell; what is typed is a program of the simulated kernel. */
  type(): string | undefined {
    const { chance } = this.machine;
    const cell = chance.of(this.#notebook.cells);
    if (cell === undefined) {
      return undefined;
    }
    const length = cell.getSource().length;
    const text = program(chance, this.name);
    if (chance.happens(0.3)) {
      cell.updateSource(0, length, text);
    } else {
      cell.updateSource(length, length, `\n${text}`);
    }
    return cell.id;
  }

  insert(): void {
    const { chance } = this.machine;
    this.#notebook.insertCell(chance.below(this.#notebook.cells.length + 1), {
      ...{ cell_type: 'code', id: this.machine.nextId('cell'), source: program(chance, this.name) },
      ...{ metadata: {}, outputs: [], execution_count: null }
    });
  }

  remove(): void {
    if (this.#notebook.cells.length > 2) {
      const index = this.machine.chance.below(this.#notebook.cells.length);
      this.onMove(this.#notebook.getCell(index).id);
      this.#notebook.deleteCell(index);
    }
  }

  move(): void {
    const { chance } = this.machine;
    const { length } = this.#notebook.cells;
    const from = chance.below(length);
    const to = chance.below(length);
    if (from !== to) {
      this.onMove(this.#notebook.getCell(from).id);
      this.#notebook.moveCell(from, to);
    }
  }

  /** Asks to run some cells, as they look here. */
  run(): void {
    const { chance } = this.machine;
    const first = chance.below(this.#notebook.cells.length);
    const cells = this.#notebook.cells.slice(first, first + 1 + chance.below(3));
    this.#command({
      type: 'execution.request',
      data: {
        cells: cells.map(cell => ({
          cellId: cell.id as CellId,
          sourceHash: sourceHash(cell.getSource())
        }))
      }
    });
  }

  /** Clears what a cell shows, mostly one that runs, or the first of it, as a client may. */
  clear(): void {
    const { chance } = this.machine;
    const running = this.#notebook.cells.filter(
      cell => cell instanceof YCodeCell && cell.executionState === 'running'
    );
    const isOfRunning = running.length > 0 && chance.happens(0.7);
    const cell = chance.of(isOfRunning ? running : this.#notebook.cells);
    if (cell instanceof YCodeCell && cell.outputs.length > 0) {
      this.onClear(cell.id);
      const isPart = cell.outputs.length > 1 && chance.happens(0.5);
      cell.updateOutputs(0, isPart ? 1 : cell.outputs.length, []);
    }
  }

  /** Clears the first that a running cell shows, if a display stands behind it; false if none does. */
  clearBeforeDisplay(): boolean {
    const cell = this.#notebook.cells.find(
      each =>
        each instanceof YCodeCell &&
        each.executionState === 'running' &&
        each.outputs.slice(1).some(output => output.output_type === 'display_data')
    );
    if (cell instanceof YCodeCell) {
      this.onClear(cell.id);
      cell.updateOutputs(0, 1, []);
    }
    return cell !== undefined;
  }

  /** Answers what a run asks. */
  answer({ executionId, requestId, password }: AskedFact): void {
    const value = this.machine.nextId(`${password ? 'secret' : 'answer'}-${this.name}`);
    if (password) {
      this.machine.secrets.add(value);
    }
    this.#command({ type: 'execution.answer-input', data: { executionId, requestId, value } });
  }

  /** Runs something in a console of the same kernel, past the notebook. */
  runInConsole(): void {
    const { chance, server } = this.machine;
    server?.runInConsole(this.name, consoleProgram(chance, this.name));
  }

  order(type: 'kernel.interrupt' | 'kernel.restart' | 'agent.stop' | 'agent.restart'): void {
    this.#command({ type, data: {} });
  }

  /** Sends what was not answered to the host that is there now. */
  ask(host: SimulatedHost | undefined): void {
    for (const [id, waiting] of this.pending) {
      if (host?.life.alive === true && waiting.asked !== host) {
        waiting.asked = host;
        void host.loop
          .submit(waiting.command, { username: this.name, may: ['admin'] })
          .catch((error: unknown): Answer => {
            if (host.life.alive) {
              throw error;
            }
            // A host that has ended answers nothing.
            return { events: [] };
          })
          .then(answer => {
            const again = 'rejection' in answer && AGAIN.has(answer.rejection.code);
            if (again) {
              waiting.asked = undefined;
            } else if (host.life.alive) {
              this.pending.delete(id);
              this.answers.push(answer);
            }
          });
      }
    }
  }

  #command(order: Pick<Command, 'type' | 'data'>): void {
    const id = this.machine.nextId('command') as CommandId;
    const command = { ...order, id, stream: STREAM } as Command;
    this.pending.set(id, { command, asked: undefined });
  }

  /** A new page: nothing of the document before is kept. */
  #open(): void {
    const life = new Life();
    this.#life = life;
    this.#synced = false;
    this.#session = '';
    // It has a timer of its own, and would be kept by that.
    (this.#notebook as YNotebook | undefined)?.dispose();
    this.#notebook = new YNotebook();
    this.#notebook.ydoc.clientID = this.machine.nextClient(this.name);
    this.#client = new RoomClient(this.#notebook.ydoc, {
      onSynced: life.guarded(() => (this.#synced = true)),
      onClosed: life.guarded(() => this.#connectLater())
    });
    this.#connectLater();
  }

  #connectLater(): void {
    const { machine } = this;
    const life = this.#life;
    life.clock(machine.clock).after(RETRY_EVERY, () => {
      const { server } = machine;
      if (server === undefined) {
        this.#connectLater();
      } else if (this.#session !== '' && this.#session !== server.room.sessionId) {
        // JupyterLab loads the document anew when the room's history is another.
        life.end();
        this.#open();
      } else {
        this.#session = server.room.sessionId;
        server.enterRoom(this.#client, { user: this.name }, this.#session);
      }
    });
  }
}
