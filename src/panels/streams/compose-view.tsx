/** The composer: an event's type and payload, from a preset or by hand, and the answer to it. */
import { Clipboard } from '@jupyterlab/apputils';
import { HTMLSelect } from '@jupyterlab/ui-components';
import { type KeyboardEvent, useId } from 'react';
import { postPresets } from '../../words/post-presets.js';
import { postCommand } from './curl.js';
import { tellCopied } from './tell-copied.js';
import type { DeskModel } from './desk-model.js';
import { tidied } from './draft.js';
import { Field, TextField } from './draft-field.js';
import { Outcome } from './post-outcome.js';

export function ComposeView({ desk }: { desk: DeskModel }) {
  const { trans, chosen } = desk.streams;
  const { api } = desk.streams.colophon;
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
      Clipboard.copyToSystem(postCommand(api.addressOf(chosen), post));
      tellCopied(trans);
    }
  };
  const hint =
    preset === undefined ? (
      trans.__('Ctrl+Enter posts it.')
    ) : preset.isOwn ? (
      preset.purpose
    ) : (
      <>
        {preset.purpose}{' '}
        <a href={api.docsOf(preset.type)} target="_blank" rel="noreferrer">
          {trans.__('What %1 takes', preset.type)}
        </a>
      </>
    );
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
                desk.begin(chosenPreset.type, JSON.stringify(chosenPreset.payload, null, 2));
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
            className="jp-ColophonField"
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
          className="jp-ColophonButton jp-mod-main"
          title={trans.__('Ctrl+Enter')}
          disabled={outcome?.kind === 'posting'}
        >
          {trans.__('Post')}
        </button>
        <button
          type="button"
          className="jp-ColophonButton"
          onClick={() => desk.write({ payload: tidied(draft.payload) })}
        >
          {trans.__('Tidy')}
        </button>
        <button type="button" className="jp-ColophonButton" onClick={copy}>
          {trans.__('Copy as curl')}
        </button>
        <Outcome outcome={outcome} trans={trans} hint={hint} />
      </div>
    </form>
  );
}
