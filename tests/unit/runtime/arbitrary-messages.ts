/** Generated IOPub messages of one run, dense in the cases that go wrong. */
import fc from 'fast-check';
import type { IopubMessage } from '../../../agent/ports/runtime.js';

const message = (msg_type: string, content: Record<string, unknown>): IopubMessage => ({
  header: { msg_id: 'm', msg_type },
  parent_header: { msg_id: 'run' },
  metadata: {},
  content
});

const piece = fc.constantFrom('a', 'bc', 'é', '😀', '\n', '\r', '\b', '12%', ' ', 'x\ny', '\r\n');
const text = fc.array(piece, { maxLength: 6 }).map(pieces => pieces.join(''));
const transient = fc.constantFrom({}, { display_id: 'd1' }, { display_id: 'd2' });
const plain = { noNullPrototype: true };
const bundle = fc.record(
  {
    data: fc.record({ 'text/plain': fc.constantFrom('p', 'q') }, plain),
    metadata: fc.constantFrom({}, { 'text/plain': { k: 1 } }),
    transient
  },
  plain
);

/** Up to 40 messages. */
export const messages: fc.Arbitrary<IopubMessage[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .record({ name: fc.constantFrom('stdout', 'stderr'), text })
        .map(c => message('stream', c))
    },
    { weight: 2, arbitrary: bundle.map(content => message('display_data', content)) },
    {
      weight: 1,
      arbitrary: bundle.map(content =>
        message('execute_result', { ...content, execution_count: 1 })
      )
    },
    { weight: 2, arbitrary: bundle.map(content => message('update_display_data', content)) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(
          ['t'],
          ['t'.repeat(1500), 'é😀\n'.repeat(500), ''],
          Array.from({ length: 1500 }, () => '😀x')
        )
        .map(traceback => message('error', { ename: 'E', evalue: 'v', traceback }))
    },
    { weight: 1, arbitrary: fc.boolean().map(wait => message('clear_output', { wait })) },
    { weight: 1, arbitrary: fc.constant(message('comm_msg', {})) }
  ),
  { maxLength: 40 }
);

/** The same messages, in consecutive batches. */
export const batches: fc.Arbitrary<IopubMessage[][]> = messages.chain(all =>
  fc.array(fc.nat({ max: all.length }), { maxLength: 8 }).map(cuts => {
    const edges = [0, ...cuts.sort((a, b) => a - b), all.length];
    return edges.slice(1).map((edge, index) => all.slice(edges[index], edge));
  })
);
