/** What a runtime's own token opens at the host's door. */
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { runtimeOf } from '../../../agent/api/request.js';
import type { StreamPath } from '../../../schema/index.js';

const STREAM = '/notebooks/f' as StreamPath;
const streamOf = (token: string) => (token === 'granted' ? STREAM : undefined);

describe("a runtime's token at the host", () => {
  it('[AR4] stores output of its own notebook, and opens nothing else', () => {
    const asked = (url: string, token?: string | string[]) => {
      const headers = token === undefined ? {} : { 'colophon-agent-token': token };
      return runtimeOf({ headers, url } as unknown as IncomingMessage, streamOf);
    };
    for (const url of ['/api/artifacts/uploads?stream=x', '/api/artifacts/uploads/run-1/commit']) {
      expect(asked(url, 'granted')).toEqual({
        ...{ username: 'colophon-runtime', may: ['contents:read'], runtime: STREAM }
      });
      for (const token of [undefined, '', 'other', ['granted', 'granted']]) {
        expect(asked(url, token)).toBeUndefined();
      }
    }
    for (const url of ['/api/commands', '/api/artifacts/notebook', '/v1/stream/x', '']) {
      expect(asked(url, 'granted')).toBeUndefined();
    }
  });
});
