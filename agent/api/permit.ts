/** The question before anything of a stream is shown or changed: may this person? */
import type { StreamPath } from '../../schema/index.js';
import type { Want } from '../core/stream/access.js';
import type { Door, Principal } from '../loop/door.js';
import { refuse } from './refusal.js';

/** What lets them; refuses (403 `forbidden`) who may not. */
export async function permit(
  door: Pick<Door, 'streams'>,
  principal: Principal,
  stream: StreamPath,
  want: Want
): Promise<string> {
  const access = await door.streams.access(principal, stream, want);
  if ('rejection' in access) {
    const { code, detail, at } = access.rejection;
    return refuse(code, detail, at);
  }
  return access.entitlement;
}
