/** What went wrong, for a person: with a value that a schema does not take, or with what was thrown. Pure. */

interface Wrong {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

const MOST = 3;

/** The first few places, each with what is wrong there; `under` is put in front of each place. */
export function explain({ issues }: Wrong, under: readonly string[] = []): string {
  const words = issues.slice(0, MOST).map(({ path, message }) => {
    const place = [...under, ...path.map(String)].join('.');
    return place === '' ? message : `${place}: ${message}`;
  });
  return words.join('; ');
}

/** What was thrown, in words. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
