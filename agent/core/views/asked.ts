/** The questions of a run with one more; asked again because its answer was lost, one takes its own place. */
export function asked<Q extends { readonly requestId: string }>(
  questions: readonly Q[],
  question: Q
): Q[] {
  const before = questions.some(({ requestId }) => requestId === question.requestId);
  return before
    ? questions.map(each => (each.requestId === question.requestId ? question : each))
    : [...questions, question];
}
