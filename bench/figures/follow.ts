/** The live tail of a stream through Jupyter Server, as JupyterLab has it open. */
import type { Event } from '../../schema/index.js';
import type { JupyterLab } from '../../tests/e2e/jupyter-lab.js';

/** Follows a stream as a browser does; `seen` is told of every event from now on. Call the answer to end it. */
export async function follow(lab: JupyterLab, stream: string, seen: (event: Event) => void) {
  const response = await lab.fetch(`colophon/api/streams${stream}?afterOffset=end&live=true`);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  const read = async (): Promise<void> => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const lines = (rest + next.value).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines.filter(each => each.startsWith('data: '))) {
        seen(JSON.parse(line.slice('data: '.length)) as Event);
      }
    }
  };
  void read().catch(() => undefined);
  return () => reader.cancel();
}
