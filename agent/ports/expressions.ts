/** JSONata over events, as the reactions of a stream need it. */
import type { Json, PublishedEvent } from '../../schema/index.js';

/** An expression gave no answer. The message says why in words for a person. */
export class ExpressionFailed extends Error {
  override readonly name = 'ExpressionFailed';
}

export interface Expressions {
  /**
   * What the expression gives for the event as the open API shows it; undefined for nothing. Rejects
   * with ExpressionFailed if the expression is to blame: it cannot be parsed, it threw, it took too
   * long or too much memory, or what it gave is too large; with another error if nothing can be
   * evaluated now. Nothing that an expression does reaches beyond its event.
   */
  evaluate(expression: string, event: PublishedEvent): Promise<Json | undefined>;
  /** Ends it; what waits is rejected. */
  close(): void;
}
