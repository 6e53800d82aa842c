/**
 * The door of a journal without notebooks: anything may be posted and read, nothing can be run. What
 * asks for a notebook is refused as it is for one that was never opened.
 */
import type { Command, Rejection, StreamPath } from '../../schema/index.js';
import type { Journal } from '../ports/host.js';
import type { Answer, DocumentAnswer, Door } from './door.js';
import { Streams, type StreamsContext } from './streams.js';

export class PostDoor implements Door {
  readonly journal: Journal;
  readonly streams: Streams;
  readonly artifacts = null;

  constructor(context: Omit<StreamsContext, 'append' | 'forget' | 'pathOf'>) {
    const { journal } = context;
    this.journal = journal;
    this.streams = new Streams({
      ...context,
      append: (stream, change) => journal.append({ stream, ...change }),
      forget: () => undefined
    });
  }

  submit({ stream }: Command): Promise<Answer> {
    return Promise.resolve({ rejection: withoutNotebooks(stream) });
  }

  cells(): undefined {
    return undefined;
  }

  runtime(): undefined {
    return undefined;
  }

  document(stream: StreamPath): DocumentAnswer {
    return { rejection: withoutNotebooks(stream) };
  }

  execution(): undefined {
    return undefined;
  }

  agents(): readonly never[] {
    return [];
  }
}

function withoutNotebooks(stream: StreamPath): Rejection {
  const detail = `This service has no notebooks, so there is none at ${stream}. Ask a Jupyter Server with Colophon.`;
  return { code: 'unknown-notebook', detail };
}
