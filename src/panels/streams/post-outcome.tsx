/** Beside the button: how the last post went, or what the preset is for. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReactNode } from 'react';
import type { PostOutcome } from './desk-model.js';

interface OutcomeProps {
  readonly outcome: PostOutcome | undefined;
  readonly trans: TranslationBundle;
  /** What stands there before anything was posted. */
  readonly hint: ReactNode;
}

export function Outcome({ outcome, trans, hint }: OutcomeProps) {
  switch (outcome?.kind) {
    case undefined:
      return <p className="jp-ColophonStreams-outcome">{hint}</p>;
    case 'posting':
      return (
        <p className="jp-ColophonStreams-outcome" role="status">
          {trans.__('Posting…')}
        </p>
      );
    case 'stored':
      return (
        <p className="jp-ColophonStreams-outcome" data-tone="stored" role="status">
          <span aria-hidden="true">✓ </span>
          {trans.__('Stored as event %1.', outcome.event.offset)}
        </p>
      );
    case 'refused':
      return (
        <p className="jp-ColophonStreams-outcome" data-tone="problem" role="alert">
          <strong>{trans.__('Refused (%1):', outcome.code)}</strong> {outcome.detail}
        </p>
      );
    case 'unknown':
      return (
        <p className="jp-ColophonStreams-outcome" data-tone="problem" role="alert">
          <strong>{trans.__('No answer:')}</strong> {outcome.detail}{' '}
          {trans.__('Post it again as it is: it is stored once.')}
        </p>
      );
  }
}
