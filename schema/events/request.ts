/** A request that was refused at the door; kept in the stream `/refusals`. */
import { z } from 'zod';
import { about } from './about.js';

export const RequestRefused = z
  .strictObject({
    type: z.literal('request.refused'),
    v: z.literal(1),
    data: z.strictObject({
      reason: z
        .enum(['unauthenticated', 'forbidden', 'xsrf', 'origin', 'forged-header'])
        .describe('Which of the rules of the server it broke.'),
      method: z.string().describe('HTTP method.'),
      path: z.string().describe('Path without query.'),
      remoteIp: z.string().describe('Address that the request came from.')
    })
  })
  .meta(
    about('server extension', 'A request was refused at the door: method, path, address and why.', {
      reason: 'xsrf',
      method: 'POST',
      path: '/colophon/api/commands',
      remoteIp: '127.0.0.1'
    })
  );
