/**
 * Evaluates JSONata as a process of its own, which the host kills if that takes too long: memory that
 * runs out ends a process, even if only a thread of it was to blame. One question at a time; each
 * answer is JSON text. Expressions are interpreted, never compiled to JavaScript, and see nothing but
 * their event. The main thread evaluates nothing, so that it hears the end of the host, whatever an
 * expression does.
 */
import './mend-json.js';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import jsonata from 'jsonata';

const DEEPEST = 1_000;
const MOST_EXPRESSIONS = 1_000;
/** Characters of an answer; a larger one is refused. */
const LARGEST = 10_000_000;

const compiled = new Map<string, jsonata.Expression>();

function expressionOf(text: string): jsonata.Expression {
  const known = compiled.get(text);
  if (known !== undefined) {
    return known;
  }
  if (compiled.size >= MOST_EXPRESSIONS) {
    compiled.clear();
  }
  const expression = jsonata(text, { stack: DEEPEST });
  compiled.set(text, expression);
  return expression;
}

/** Functions are no values of JSON: they count as nothing. */
function withoutFunctions(_key: string, value: unknown): unknown {
  const isFunction =
    typeof value === 'function' ||
    (typeof value === 'object' &&
      value !== null &&
      ('_jsonata_lambda' in value || '_jsonata_function' in value));
  return isFunction ? undefined : value;
}

async function answer(expression: string, event: string): Promise<{ ok?: string; error?: string }> {
  try {
    const given: unknown = await expressionOf(expression).evaluate(JSON.parse(event));
    const ok = JSON.stringify(given, withoutFunctions) as string | undefined;
    if (ok === undefined) {
      return {};
    }
    return ok.length > LARGEST ? { error: `It gives more than ${LARGEST} characters.` } : { ok };
  } catch (error) {
    return { error: messageOf(error) };
  }
}

/** JSONata throws plain objects with a message, a code and a position. */
function messageOf(error: unknown): string {
  const { message, position } = error as { message?: unknown; position?: unknown };
  const where = typeof position === 'number' ? ` (at character ${position})` : '';
  return `${typeof message === 'string' ? message : 'It failed.'}${where}`.slice(0, 5_000);
}

interface Question {
  readonly expression: string;
  readonly event: string;
}

if (isMainThread) {
  const resourceLimits = { maxOldGenerationSizeMb: 128, stackSizeMb: 4 };
  const thread = new Worker(import.meta.filename, { resourceLimits });
  thread.on('message', answer => process.send?.(answer));
  thread.on('error', () => process.exit(1));
  process.on('message', question => thread.postMessage(question));
  process.on('disconnect', () => process.exit(0));
} else {
  parentPort?.on('message', ({ expression, event }: Question) => {
    void answer(expression, event).then(given => parentPort?.postMessage(given));
  });
  parentPort?.postMessage('ready');
}
