/** The one line in the status bar: what the host, the agent and the queue are at. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { KnownStatus } from '../../client/status.js';

/** What of the current notebook the line says. */
export interface NotebookActivity {
  /** Is the browser connected to the notebook's stream? */
  readonly connected: boolean;
  readonly agent: 'none' | 'starting' | 'ready' | 'stopping';
  readonly running: number;
  /** The running cell asks for input. */
  readonly asks?: boolean;
  readonly waiting: number;
}

/** tone: how the item looks; ok and busy are quiet. */
export interface StatusSummary {
  readonly tone: 'ok' | 'busy' | 'warning' | 'problem';
  readonly label: string;
  /** The tooltip: what it means, and what to do. */
  readonly title: string;
}

/** @param activity Of the current notebook; undefined if there is none with a stream. */
export function summarize(
  known: KnownStatus,
  activity: NotebookActivity | undefined,
  stepBack: string | null,
  trans: TranslationBundle
): StatusSummary {
  const host = hostTrouble(known, trans);
  if (host !== undefined) {
    return host;
  }
  if (stepBack !== null) {
    return {
      tone: 'ok',
      label: trans.__('Colophon: steps back'),
      title: trans.__('%1 runs the cells; Colophon keeps the history.', stepBack)
    };
  }
  if (activity === undefined) {
    return {
      tone: 'ok',
      label: trans.__('Colophon'),
      title: trans.__('No collaborative notebook is open.')
    };
  }
  if (!activity.connected) {
    return {
      tone: 'warning',
      label: trans.__('Colophon: not connected'),
      title: trans.__('What you see may be old. Colophon is trying to connect again.')
    };
  }
  if (activity.asks === true) {
    return {
      tone: 'warning',
      label: trans.__('Colophon: waits for input'),
      title: trans.__(
        'A cell asks for input. Anybody who may run the notebook can answer below it.'
      )
    };
  }
  if (activity.running > 0 || activity.waiting > 0) {
    return {
      tone: 'busy',
      label: queueWords(activity.running, activity.waiting, trans),
      title: trans.__('Cells run on the server; you may close this page.')
    };
  }
  return agentWords(activity.agent, trans);
}

/** Short, for the status bar; the summary and the remedy are whole sentences. */
function problemWords(code: string, trans: TranslationBundle): string {
  switch (code) {
    case 'node-missing':
      return trans.__('Colophon: Node is missing');
    case 'node-too-old':
      return trans.__('Colophon: Node is too old');
    case 'collaboration-missing':
      return trans.__('Colophon: collaboration is missing');
    case 'journal-locked':
      return trans.__('Colophon: the journal is in use');
    case 'journal-unusable':
      return trans.__('Colophon: the journal is unusable');
    default:
      return trans.__('Colophon: cannot work');
  }
}

function queueWords(running: number, waiting: number, trans: TranslationBundle): string {
  if (running === 0) {
    return trans.__('Colophon: waiting %1', waiting);
  }
  return waiting === 0
    ? trans.__('Colophon: running %1', running)
    : trans.__('Colophon: running %1, waiting %2', running, waiting);
}

function agentWords(agent: NotebookActivity['agent'], trans: TranslationBundle): StatusSummary {
  switch (agent) {
    case 'none':
      return {
        tone: 'ok',
        label: trans.__('Colophon: idle'),
        title: trans.__('The agent starts when you run a cell.')
      };
    case 'starting':
      return {
        tone: 'busy',
        label: trans.__('Colophon: agent starts'),
        title: trans.__('The agent of this notebook is starting.')
      };
    case 'ready':
      return {
        tone: 'ok',
        label: trans.__('Colophon: idle'),
        title: trans.__('The agent of this notebook is ready.')
      };
    case 'stopping':
      return {
        tone: 'busy',
        label: trans.__('Colophon: agent stops'),
        title: trans.__('The agent of this notebook is stopping.')
      };
  }
}

function hostTrouble(known: KnownStatus, trans: TranslationBundle): StatusSummary | undefined {
  if (known.kind === 'unknown') {
    return { tone: 'ok', label: trans.__('Colophon'), title: trans.__('Asking the server…') };
  }
  if (known.kind === 'unreachable') {
    return {
      tone: 'warning',
      label: trans.__('Colophon: not connected'),
      title: trans.__('The server does not answer: %1', known.reason)
    };
  }
  const { state, problem, hooks } = known.status;
  if (state !== 'running' && problem !== null) {
    return {
      tone: 'problem',
      label: problemWords(problem.code, trans),
      title: `${problem.summary}\n${problem.remedy}`
    };
  }
  switch (state) {
    case 'starting':
      return {
        tone: 'busy',
        label: trans.__('Colophon: starting'),
        title: trans.__('Cells run in the usual way until Colophon is there.')
      };
    case 'backing-off':
      return {
        tone: 'warning',
        label: trans.__('Colophon: restarting'),
        title: trans.__('Colophon ended unexpectedly and starts again in a moment.')
      };
    case 'unavailable':
      return {
        tone: 'problem',
        label: trans.__('Colophon: unavailable'),
        title: trans.__('Colophon cannot work on this server.')
      };
    case 'stopped':
      return {
        tone: 'warning',
        label: trans.__('Colophon: stopped'),
        title: trans.__('Cells run in the usual way. Click to start Colophon.')
      };
    case 'running':
      return hooks.ok
        ? undefined
        : {
            tone: 'warning',
            label: trans.__('Colophon: authors unverified'),
            title: hooks.problems.join('\n')
          };
  }
}
