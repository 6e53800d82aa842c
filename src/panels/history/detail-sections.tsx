/** What an expanded entry shows, one section for each detail. */
import type { EntryDetail } from '../../words/entry.js';

export function DetailSections({ details }: { readonly details: readonly EntryDetail[] }) {
  return (
    <>
      {details.map(({ label, text, look }) => (
        <section key={label}>
          <h3>{label}</h3>
          {look === 'words' ? <p>{text}</p> : <pre data-look={look}>{text}</pre>}
        </section>
      ))}
    </>
  );
}
