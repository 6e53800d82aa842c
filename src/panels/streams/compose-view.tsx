/** The composer: an event's type and payload, from a preset or by hand, and the answer to it. */
import { Clipboard } from '@jupyterlab/apputils';
import { HTMLSelect } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import { type KeyboardEvent, type ReactNode, useId } from 'react';
import { postPresets } from '../../words/post-presets.js';
import { postCommand } from './curl.js';
import type { DeskModel, PostOutcome } from './desk-model.js';
import { type DraftField, tidied } from './draft.js';

export function ComposeView({ desk }: { desk: DeskModel }) {
  const { trans, chosen } = desk.streams;
  const { draft, outcome } = desk.sheet;
  const presetId = useId();
  const presets = postPresets(trans);
  const preset = presets.find(({ type }) => type === draft.type);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.stopPropagation();
      void desk.post();
    }
  };
  const copy = () => {
    const post = desk.check();
    if (post !== undefined && chosen !== undefined) {
      Clipboard.copyToSystem(postCommand(desk.streams.colophon.api.addressOf(chosen), post));
    }
  };
  return (
    <form
      className="jp-ColophonStreams-compose"
      onKeyDown={onKeyDown}
      onSubmit={event => {
        event.preventDefault();
        void desk.post();
      }}
    >
      <div className="jp-ColophonStreams-fields">
        <div className="jp-ColophonStreams-field">
          <label htmlFor={presetId}>{trans.__('Begin with')}</label>
          <HTMLSelect
            id={presetId}
            value={preset?.type ?? ''}
            onChange={({ target }) => {
              const chosenPreset = presets.find(({ type }) => type === target.value);
              if (chosenPreset !== undefined) {
                const payload = JSON.stringify(chosenPreset.payload, null, 2);
                desk.write({ type: chosenPreset.type, payload });
              }
            }}
          >
            <option value="">{trans.__('(nothing)')}</option>
            {presets.map(({ type, label }) => (
              <option key={type} value={type}>
                {label}
              </option>
            ))}
          </HTMLSelect>
        </div>
        <TextField desk={desk} field="type" label={trans.__('Type')} />
        <TextField
          desk={desk}
          field="idempotencyKey"
          label={trans.__('Idempotency key')}
          placeholder={trans.__('made for you')}
        />
        <TextField
          desk={desk}
          field="expectedOffset"
          label={trans.__('Expected offset')}
          placeholder={trans.__('any')}
        />
      </div>
      <Field desk={desk} field="payload" label={trans.__('Payload (JSON)')}>
        {attributes => (
          <textarea
            {...attributes}
            className="jp-ColophonStreams-input"
            spellCheck={false}
            rows={5}
            value={draft.payload}
            onChange={({ target }) => desk.write({ payload: target.value })}
          />
        )}
      </Field>
      <div className="jp-ColophonStreams-send">
        <button
          type="submit"
          className="jp-ColophonStreams-button jp-mod-main"
          title={trans.__('Ctrl+Enter')}
          disabled={outcome?.kind === 'posting'}
        >
          {trans.__('Post')}
        </button>
        <button
          type="button"
          className="jp-ColophonStreams-button"
          onClick={() => desk.write({ payload: tidied(draft.payload) })}
        >
          {trans.__('Tidy')}
        </button>
        <button type="button" className="jp-ColophonStreams-button" onClick={copy}>
          {trans.__('Copy as curl')}
        </button>
        <Outcome outcome={outcome} trans={trans} hint={preset?.purpose} />
      </div>
    </form>
  );
}

interface FieldProps {
  readonly desk: DeskModel;
  readonly field: DraftField;
  readonly label: string;
}

interface FieldAttributes {
  readonly id: string;
  readonly 'aria-invalid': boolean;
  readonly 'aria-describedby': string | undefined;
}

function Field({
  desk,
  field,
  label,
  children
}: FieldProps & { readonly children: (attributes: FieldAttributes) => ReactNode }) {
  const id = useId();
  const error = desk.sheet.errors[field];
  return (
    <div className="jp-ColophonStreams-field" data-field={field}>
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        'aria-invalid': error !== undefined,
        'aria-describedby': error === undefined ? undefined : `${id}-error`
      })}
      {error !== undefined && (
        <p id={`${id}-error`} className="jp-ColophonStreams-error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

function TextField({ placeholder, ...props }: FieldProps & { readonly placeholder?: string }) {
  const { desk, field } = props;
  return (
    <Field {...props}>
      {attributes => (
        <input
          {...attributes}
          type="text"
          className="jp-ColophonStreams-input"
          spellCheck={false}
          placeholder={placeholder}
          value={desk.sheet.draft[field]}
          onChange={({ target }) => desk.write({ [field]: target.value })}
        />
      )}
    </Field>
  );
}

interface OutcomeProps {
  readonly outcome: PostOutcome | undefined;
  readonly trans: TranslationBundle;
  /** What stands there before anything was posted. */
  readonly hint: string | undefined;
}

function Outcome({ outcome, trans, hint }: OutcomeProps) {
  switch (outcome?.kind) {
    case undefined:
      return (
        <p className="jp-ColophonStreams-outcome">{hint ?? trans.__('Ctrl+Enter posts it.')}</p>
      );
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
