/** What a stream takes, who may use it and how long it keeps, in words. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { StreamState } from '../../client/stream-state.js';
import { exactWords } from '../../words/time.js';

/** Whether it takes posts; since when not, and why. */
export function takesWords({ closed, paused }: StreamState, trans: TranslationBundle): string {
  if (closed !== null) {
    return trans.__('no: closed for ever at %1', exactWords(Date.parse(closed)));
  }
  if (paused === null) {
    return trans.__('yes');
  }
  const since = trans.__('no: paused since %1', exactWords(Date.parse(paused.at)));
  return paused.reason ? `${since} · ${paused.reason}` : since;
}

/** Its owner, everybody, and who was granted something. */
export function accessWords(
  { access, granted, owner }: StreamState,
  trans: TranslationBundle
): string {
  if (access === 'notebook') {
    return trans.__('who may use the notebook');
  }
  const everybody = {
    private: trans.__('nobody else'),
    'public-read': trans.__('everybody reads it'),
    'public-write': trans.__('everybody reads and writes it')
  }[access];
  const named = granted.map(({ username, may }) =>
    may === 'read'
      ? trans.__('%1 reads it', username)
      : trans.__('%1 reads and writes it', username)
  );
  const others = access === 'private' && named.length > 0 ? named : [everybody, ...named];
  const own = owner === null ? trans.__('nobody’s own') : trans.__('%1, whose own it is', owner);
  return [own, ...others].join('; ');
}

/** How long, and how much, is kept of what is posted. */
export function retentionWords({ retention }: StreamState, trans: TranslationBundle): string {
  if (retention === null) {
    return trans.__('everything');
  }
  const { days, events } = retention;
  const parts = [
    days === null
      ? []
      : trans._n(
          'what is posted for %2 day',
          'what is posted for %2 days',
          days,
          days.toLocaleString()
        ),
    events === null ? [] : trans.__('the newest %1 of what is posted', events.toLocaleString())
  ];
  return parts.flat().join('; ');
}
