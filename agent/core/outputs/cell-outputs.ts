/**
 * The outputs of one cell as a fold over IOPub messages, by nbclient's rules (streams joined by name,
 * clear_output with and without wait, display updates by id), with JupyterLab's terminal text. With a
 * budget, what exceeds it is to be stored outside, and the outputs are as they then stand in the document.
 * Knows nothing of Yjs. Guarantees: an output object never changes; a changed output is a new object.
 */
import type { ArtifactLink, Json } from '../../../schema/index.js';
import { isRecord } from '../json.js';
import { wholeData, type DisplayValue } from './long-text.js';
import { roomForValues, weightOf, type OutputBudget } from './output-budget.js';
import { OutputEnd } from './output-end.js';
import { NO_MEMORY, type OutputMemory } from './output-memory.js';
import { displayId, objectOf, textOf, type OutputMessage } from './output-message.js';
import { OutputSpills, type Spill } from './output-spills.js';
import type { Output } from './output.js';
import type { SpilledStream } from './spilled-stream.js';
import { withLink, withoutPart } from './spilled-parts.js';
import { WeighedList } from './weighed-list.js';

export class CellOutputs {
  readonly #budget: OutputBudget | undefined;
  readonly #spills: OutputSpills;
  readonly #shown: WeighedList;
  readonly #end: OutputEnd;
  #clearNext: boolean;
  #displays: Map<string, number[]>;
  /** Without a budget everything stays. */
  constructor(
    list: readonly Output[] = [],
    memory: OutputMemory = NO_MEMORY,
    budget?: OutputBudget
  ) {
    this.#budget = budget;
    this.#spills = new OutputSpills(budget?.uploads ?? '', memory.uploads ?? 0);
    this.#shown = new WeighedList(list, budget);
    this.#clearNext = memory.clearNext;
    this.#displays = new Map(
      Object.entries(memory.displays).map(([id, positions]) => [id, [...positions]])
    );
    this.#end = new OutputEnd(this.#shown, this.#spills, memory, budget);
  }

  /** As they stand in the document once what `drain` gave is stored. */
  get list(): readonly Output[] {
    this.#end.refresh();
    return this.#shown.list;
  }

  /** Whether the stream at the end is kept outside, so that what it adds costs an upload. */
  get spilling(): boolean {
    return this.#end.spilled !== undefined;
  }

  /** UTF-16 units of the stream at the end, all of which stands in the document; 0 if there is none. */
  get streamLength(): number {
    return this.#end.streamLength;
  }

  memory(): OutputMemory {
    return {
      ...this.#end.memory(),
      clearNext: this.#clearNext,
      displays: Object.fromEntries(this.#displays),
      shown: this.#shown.length,
      ...(this.#spills.count > 0 && { uploads: this.#spills.count })
    };
  }

  /** What has to be stored before `list` may be shown, in order; each is given once. */
  drain(): readonly Spill[] {
    return this.#spills.drain(this.#shown.list, this.#end.spilled);
  }

  /** An upload is complete: its link is the artifact's from now on. */
  stored(upload: string, link: ArtifactLink): void {
    this.#shown.replace(upload, output => withLink(output, upload, link));
  }

  /** A part could not be stored; `reason` for a person. */
  refused(upload: string, reason: string): void {
    this.#shown.replace(upload, output => withoutPart(output, upload, reason));
  }

  /** A stream that is kept outside has been changed by a refusal. */
  changed(stream: SpilledStream): void {
    this.#shown.replace(stream.upload, () => stream.output());
  }

  /** Nothing more comes: the last stream is complete. */
  close(): void {
    this.#end.close();
  }

  /** Takes one message; other types than outputs change nothing. `own`: it is of the run whose cell it is. */
  take(message: OutputMessage, own = true): void {
    const { content } = message;
    this.#spills.own = own;
    if (this.#end.isOfRest(message, this.#clearNext)) {
      if (message.header.msg_type !== 'stream') {
        // One that is shown above may have the same id.
        this.#update(displayId(content), content);
      }
      this.#end.takeRest(message);
      return;
    }
    switch (message.header.msg_type) {
      case 'stream':
        this.#clearIfAsked();
        this.#end.print(textOf(content.name), textOf(content.text));
        break;
      case 'display_data':
      case 'execute_result':
        this.#display(message);
        break;
      case 'update_display_data':
        this.#update(displayId(content), content);
        break;
      case 'error':
        this.#clearIfAsked();
        this.#end.fail({
          output_type: 'error',
          ename: textOf(content.ename),
          evalue: textOf(content.evalue),
          traceback: (content.traceback ?? []) as Json
        });
        break;
      case 'clear_output':
        if (content.wait === true) {
          this.#clearNext = true;
        } else {
          this.#clear();
        }
        break;
      default:
    }
  }

  #display(message: OutputMessage): void {
    const { content } = message;
    const id = displayId(content);
    this.#update(id, content);
    this.#clearIfAsked();
    this.#end.close();
    if (id !== undefined) {
      const positions = this.#displays.get(id) ?? [];
      this.#displays.set(id, [...positions, this.#shown.length]);
    }
    const bundle = this.#bundle(content, this.#shown.room);
    this.#shown.push(
      message.header.msg_type === 'execute_result'
        ? {
            output_type: 'execute_result',
            ...bundle,
            execution_count: (content.execution_count ?? null) as Json
          }
        : { output_type: 'display_data', ...bundle }
    );
  }

  #update(id: string | undefined, content: OutputMessage['content']): void {
    const positions = id === undefined ? [] : (this.#displays.get(id) ?? []);
    const shown = positions.flatMap(position => this.#shown.at(position) ?? []);
    if (shown.length > 0) {
      const freed = shown.reduce((sum, output) => sum + weightOf(output), 0);
      const bundle = this.#bundle(content, (this.#shown.room + freed) / shown.length);
      for (const position of positions) {
        const output = this.#shown.at(position);
        if (output !== undefined) {
          this.#shown.put(position, { ...output, ...bundle });
        }
      }
    }
  }

  #bundle({ data, metadata }: OutputMessage['content'], room: number): Record<string, Json> {
    const budget = this.#budget;
    const values = isRecord(data) ? (data as Record<string, DisplayValue>) : undefined;
    if (values === undefined || budget === undefined) {
      return { data: values ? wholeData(values) : objectOf(data), metadata: objectOf(metadata) };
    }
    const most = roomForValues(budget, room, this.#shown.length);
    return { data: this.#spills.fit(values, most, budget.small), metadata: objectOf(metadata) };
  }

  #clearIfAsked(): void {
    if (this.#clearNext) {
      this.#clearNext = false;
      this.#clear();
    }
  }

  #clear(): void {
    this.#shown.clear();
    this.#displays.clear();
    this.#end.clear();
    this.#spills.clear();
  }
}
