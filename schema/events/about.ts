/**
 * What a type of event says about itself, beside its fields: the words of docs/PROTOCOL.md §5 and an
 * example. The page of the type and the description of the API are made of it.
 */

/**
 * For `.meta()` of a fact. `statedBy` and `says` are the type's row in docs/PROTOCOL.md, word for
 * word; `example` is a `data` that the schema takes.
 */
export function about(statedBy: string, says: string, example: Readonly<Record<string, unknown>>) {
  return { description: says, 'x-stated-by': statedBy, 'x-example': example };
}
