/** What a kernel says to a runtime, read: kernels leave fields out, and older ones name things otherwise. */
import type { KernelMessage } from '@jupyterlab/services';
import type { ExecuteReply, KernelInfo, KernelQuestion } from '../ports/runtime.js';

export function readQuestion(message: KernelMessage.IInputRequestMsg): KernelQuestion {
  // Beyond the types: some kernels leave fields out.
  const { prompt, password } = message.content as { prompt?: unknown; password?: unknown };
  return {
    executionId: (message.parent_header as { msg_id?: string }).msg_id ?? null,
    requestId: message.header.msg_id,
    prompt: typeof prompt === 'string' ? prompt : '',
    password: password === true
  };
}

export function readInfo(info: KernelMessage.IInfoReplyMsg['content']): KernelInfo {
  // Beyond the types: some kernels leave fields out.
  const { implementation, implementation_version, language_info } = info as {
    implementation?: unknown;
    implementation_version?: unknown;
    language_info?: { name?: unknown; version?: unknown };
  };
  return {
    language: textOrNull(language_info?.name),
    languageVersion: textOrNull(language_info?.version),
    implementation: textOrNull(implementation),
    implementationVersion: textOrNull(implementation_version)
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

export function readReply(reply: KernelMessage.IExecuteReplyMsg): ExecuteReply {
  // Beyond the types: some kernels leave fields out, and older ones say `abort`.
  const content = reply.content as {
    status: string;
    execution_count?: number;
    ename?: string;
    evalue?: string;
    payload?: unknown;
  };
  const started = (reply.metadata as { started?: unknown }).started;
  return {
    status: content.status === 'ok' || content.status === 'error' ? content.status : 'aborted',
    executionCount: content.execution_count ?? null,
    error:
      content.status === 'error'
        ? { ename: content.ename ?? 'Error', evalue: content.evalue ?? '' }
        : null,
    startedAt: typeof started === 'string' ? started : null,
    repliedAt: reply.header.date === '' ? null : reply.header.date,
    ...(content.status === 'ok' && readPayload(content.payload))
  };
}

type Payload = Pick<ExecuteReply, 'page' | 'nextInput'>;

/** As JupyterLab reads it: the first of each source, of a reply that is ok. */
function readPayload(payload: unknown): Payload {
  const parts = (Array.isArray(payload) ? payload : []) as (Record<string, unknown> | null)[];
  const page = parts.find(part => part?.source === 'page')?.data;
  const next = parts.find(part => part?.source === 'set_next_input');
  return {
    ...(typeof page === 'object' &&
      page !== null && { page: page as NonNullable<Payload['page']> }),
    ...(typeof next?.text === 'string' && {
      nextInput: { text: next.text, replace: next.replace === true }
    })
  };
}
