/** What the programs that a test has started have logged. */
const LINES = 120;

const kept = new Map<string, () => string>();

/** The end of the log is told when a test of this file fails. */
export function keepLog(name: string, log: () => string): void {
  kept.set(`${name} ${kept.size + 1}`, log);
}

/** The last lines of each log. */
export function endsOfLogs(): string[] {
  return [...kept].map(([name, log]) => {
    const lines = log().trimEnd().split('\n').slice(-LINES);
    return `--- Log of ${name}:\n${lines.join('\n')}`;
  });
}
