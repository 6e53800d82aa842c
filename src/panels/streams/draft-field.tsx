/** A field of the composer, with its label and what is wrong with it. */
import { type ReactNode, useId } from 'react';
import type { DeskModel } from './desk-model.js';
import type { DraftField } from './draft.js';

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

/** The attributes are for the element that is typed into. */
export function Field({
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

/** A field of one line. */
export function TextField({
  placeholder,
  ...props
}: FieldProps & { readonly placeholder?: string }) {
  const { desk, field } = props;
  return (
    <Field {...props}>
      {attributes => (
        <input
          {...attributes}
          type="text"
          className="jp-ColophonField"
          spellCheck={false}
          placeholder={placeholder}
          value={desk.sheet.draft[field]}
          onChange={({ target }) => desk.write({ [field]: target.value })}
        />
      )}
    </Field>
  );
}
