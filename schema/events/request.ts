/** A request that was refused at the door; kept in the stream `/refusals`. */
import { z } from 'zod';

export const RequestRefused = z.strictObject({
  type: z.literal('request.refused'),
  v: z.literal(1),
  data: z.strictObject({
    reason: z.enum(['unauthenticated', 'forbidden', 'xsrf', 'origin', 'forged-header']),
    method: z.string(),
    /** Path without query. */
    path: z.string(),
    remoteIp: z.string()
  })
});
