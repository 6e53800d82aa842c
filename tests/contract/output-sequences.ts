/**
 * What a notebook shows after a kernel has said certain things: message sequences with the outputs
 * that JupyterLab and nbclient make of them. Where those two differ, JupyterLab is followed in the
 * text of streams, nbclient in what is updated by id.
 */
import type { IOutput } from '@jupyterlab/nbformat';

type Content = Readonly<Record<string, unknown>>;

export interface Said {
  /** The cell whose run it belongs to: its number is the order in which the cells run. */
  readonly cell: number;
  readonly type: string;
  readonly content: Content;
}

export interface Sequence {
  readonly title: string;
  readonly said: readonly Said[];
  /** The outputs of each cell. */
  readonly shows: readonly (readonly IOutput[])[];
  /** nbclient differs, and why. */
  readonly unlikeNbclient?: string;
}

const out = (text: string, cell = 0, name = 'stdout'): Said => ({
  cell,
  type: 'stream',
  content: { name, text }
});
const err = (text: string): Said => out(text, 0, 'stderr');
const clear = (wait: boolean): Said => ({ cell: 0, type: 'clear_output', content: { wait } });
const display = (data: Content, more: Content = {}, cell = 0): Said => ({
  cell,
  type: 'display_data',
  content: { data, metadata: {}, transient: {}, ...more }
});
const named = (text: string, id: string, cell = 0): Said =>
  display({ 'text/plain': text }, { transient: { display_id: id } }, cell);
const update = (text: string, id: string, cell = 0): Said => ({
  ...named(text, id, cell),
  type: 'update_display_data'
});
const result = (text: string, count: number, more: Content = {}): Said => ({
  cell: 0,
  type: 'execute_result',
  content: { data: { 'text/plain': text }, metadata: {}, execution_count: count, ...more }
});
const error: Said = {
  cell: 0,
  type: 'error',
  content: { ename: 'E', evalue: 'why', traceback: ['\u001b[31mE\u001b[39m', 'why'] }
};

const shownOut = (text: string, name = 'stdout'): IOutput => ({
  output_type: 'stream',
  name,
  text
});
const shown = (data: Content, metadata: Content = {}): IOutput =>
  ({ output_type: 'display_data', data, metadata }) as IOutput;
const shownText = (text: string): IOutput => shown({ 'text/plain': text });
const shownResult = (text: string, execution_count: number): IOutput => ({
  output_type: 'execute_result',
  data: { 'text/plain': text },
  metadata: {},
  execution_count
});
const shownError = { output_type: 'error', ...error.content } as IOutput;

const terminal = 'nbclient does not act on carriage returns and backspaces';

const STREAMS: readonly Sequence[] = [
  {
    title: '[Y1] text of one stream is one output',
    said: [out('a'), out('b\n'), out('c')],
    shows: [[shownOut('ab\nc')]]
  },
  {
    title: '[Y1] streams that alternate stay apart, in their order',
    said: [out('a\n'), err('b\n'), out('c\n')],
    shows: [[shownOut('a\n'), shownOut('b\n', 'stderr'), shownOut('c\n')]]
  },
  {
    title: '[Y1] what is shown between two texts parts them',
    said: [out('a\n'), display({ 'text/plain': 'p' }), out('b\n')],
    shows: [[shownOut('a\n'), shownText('p'), shownOut('b\n')]]
  },
  {
    title: '[Y1] an update between two texts does not part them',
    said: [named('old', 'd'), out('a\n'), update('new', 'd'), out('b\n')],
    shows: [[shownText('new'), shownOut('a\nb\n')]]
  },
  {
    title: '[Y2] a carriage return overwrites, also over messages',
    said: [out('10%'), out('\r'), out('100%'), out('\rdone\n')],
    shows: [[shownOut('done\n')]],
    unlikeNbclient: terminal
  },
  {
    title: '[Y2] a shorter text leaves the end of the longer one',
    said: [out('abcdef\rxy')],
    shows: [[shownOut('xycdef')]],
    unlikeNbclient: terminal
  },
  {
    title: '[Y2] a Windows line end is a line end',
    said: [out('a\r\nb\r\n')],
    shows: [[shownOut('a\nb\n')]],
    unlikeNbclient: terminal
  },
  {
    title: '[Y2] a carriage return goes back within its line only',
    said: [out('kept\nlost\rmine')],
    shows: [[shownOut('kept\nmine')]],
    unlikeNbclient: terminal
  },
  {
    title: '[Y2] a backspace deletes, and stops at the start of the line',
    said: [out('a\nbc'), out('\b\b\b\bX')],
    shows: [[shownOut('a\nX')]],
    unlikeNbclient: terminal
  },
  {
    title: '[Y2] each stream has a cursor of its own output',
    said: [out('12%\r'), err('warning\n'), out('13%')],
    shows: [[shownOut('12%'), shownOut('warning\n', 'stderr'), shownOut('13%')]],
    unlikeNbclient: terminal
  },
  {
    title: '[Y2] colours stay in the text',
    said: [out('\u001b[31mred\u001b[0m\n')],
    shows: [[shownOut('\u001b[31mred\u001b[0m\n')]]
  }
];

const CLEARED: readonly Sequence[] = [
  {
    title: '[Y3] clear_output clears at once',
    said: [out('a'), display({ 'text/plain': 'p' }), clear(false)],
    shows: [[]]
  },
  {
    title: '[Y3] clear_output with wait keeps what is there until the next output',
    said: [out('a'), clear(true)],
    shows: [[shownOut('a')]]
  },
  {
    title: '[Y3] and then clears once',
    said: [out('a'), clear(true), out('b'), out('c')],
    shows: [[shownOut('bc')]]
  },
  {
    title: '[Y3] any output ends the wait: a display, a result, an error',
    said: [out('a'), clear(true), display({ 'text/plain': 'p' }), clear(true), error],
    shows: [[shownError]]
  },
  {
    title: '[Y3] an update is no output, so it does not end the wait',
    said: [named('old', 'd'), clear(true), update('new', 'd')],
    shows: [[shownText('new')]]
  },
  {
    title: '[Y3] a display that was cleared is not updated any more',
    said: [named('old', 'd'), clear(false), out('a'), update('new', 'd')],
    shows: [[shownOut('a')]]
  },
  {
    title: '[Y3] after a clearing a text begins anew',
    said: [out('12%\r'), clear(false), out('a'), out('b')],
    shows: [[shownOut('ab')]]
  }
];

const DISPLAYS: readonly Sequence[] = [
  {
    title: '[Y4] a display is updated in its place, with its metadata',
    said: [
      named('old', 'd'),
      out('a'),
      { ...update('new', 'd'), content: { ...update('new', 'd').content, metadata: { k: 1 } } }
    ],
    shows: [[shown({ 'text/plain': 'new' }, { k: 1 }), shownOut('a')]]
  },
  {
    title: '[Y4] all displays of an id are updated, no other',
    said: [named('1', 'd'), named('2', 'e'), named('3', 'd'), update('new', 'd')],
    shows: [[shownText('new'), shownText('2'), shownText('new')]]
  },
  {
    title: '[Y4] a display whose id is shown already is shown anew there, too',
    said: [named('1', 'd'), named('2', 'd')],
    shows: [[shownText('2'), shownText('2')]]
  },
  {
    title: '[Y4] an update of an id that nobody shows changes nothing',
    said: [out('a'), update('new', 'd')],
    shows: [[shownOut('a')]]
  },
  {
    title: '[Y4] a result has an id as well, and stays a result',
    said: [result('old', 3, { transient: { display_id: 'd' } }), update('new', 'd')],
    shows: [[shownResult('new', 3)]]
  },
  {
    title: '[Y4] a display is updated in the cell of an earlier run',
    said: [named('old', 'd', 0), out('a', 1), update('new', 'd', 1)],
    shows: [[shownText('new')], [shownOut('a')]]
  },
  {
    title: '[Y4] a display of another cell with the same id shows it in both',
    said: [named('old', 'd', 0), named('new', 'd', 1)],
    shows: [[shownText('new')], [shownText('new')]]
  }
];

const BUNDLES: readonly Content[] = [
  { 'image/png': 'iVBORw0KGgo=\n', 'text/plain': '<Figure size 640x480 with 1 Axes>' },
  { 'image/svg+xml': '<svg/>' },
  { 'text/html': '<table><tr><td>1</td></tr></table>', 'text/plain': '   a\n0  1' },
  { 'text/latex': '$\\displaystyle x^{2}$' },
  { 'text/markdown': '**bold**' },
  { 'application/javascript': 'element.append(1)' },
  { 'application/json': { nested: [1, 2.5, null, true, { '': 'é' }] } },
  { 'application/json': [1, [2]] },
  { 'application/geo+json': { type: 'Point', coordinates: [1, 2] } },
  { 'application/vnd.vegalite.v5+json': { $schema: 's', mark: 'bar', data: { values: [{}] } } },
  { 'application/vnd.plotly.v1+json': { data: [{ y: [1, 2] }], layout: {}, config: {} } },
  { 'application/vnd.jupyter.widget-view+json': { model_id: 'm', version_major: 2 } },
  { 'application/vnd.someone.else+json': 'a text', 'application/x-own': 'own' }
];

const KINDS: readonly Sequence[] = [
  ...BUNDLES.map(data => ({
    title: `[Y5] a bundle is kept as it came: ${Object.keys(data).join(', ')}`,
    said: [display(data, { metadata: { 'image/png': { width: 3 }, isolated: true } })],
    shows: [[shown(data, { 'image/png': { width: 3 }, isolated: true })]]
  })),
  {
    title: '[Y5] a result keeps its count, an error its traceback',
    said: [result('1', 7), error],
    shows: [[shownResult('1', 7), shownError]]
  },
  {
    title: '[Y6] what is no output leaves none: comms, states, inputs, types that nobody knows',
    said: [
      { cell: 0, type: 'comm_open', content: { comm_id: 'c', target_name: 't', data: {} } },
      { cell: 0, type: 'comm_msg', content: { comm_id: 'c', data: {} } },
      { cell: 0, type: 'comm_close', content: { comm_id: 'c', data: {} } },
      { cell: 0, type: 'execute_input', content: { code: '1', execution_count: 1 } },
      { cell: 0, type: 'status', content: { execution_state: 'busy' } },
      { cell: 0, type: 'debug_event', content: { event: 'stopped' } },
      out('a')
    ],
    shows: [[shownOut('a')]]
  }
];

const LENIENT: readonly Sequence[] = [
  {
    title: '[Y6] fields that a kernel leaves out do no harm',
    said: [
      { cell: 0, type: 'display_data', content: { data: { 'text/plain': 'p' } } },
      { cell: 0, type: 'display_data', content: { data: null, metadata: null, transient: null } },
      { cell: 0, type: 'error', content: { ename: 'E' } },
      { cell: 0, type: 'update_display_data', content: {} },
      { cell: 0, type: 'stream', content: { name: 'stdout', text: ['a', 'b'] } }
    ],
    shows: [
      [
        shownText('p'),
        shown({}),
        { output_type: 'error', ename: 'E', evalue: '', traceback: [] },
        shownOut('ab')
      ]
    ],
    unlikeNbclient: 'nbclient raises when fields are missing'
  }
];

export const SEQUENCES: readonly Sequence[] = [
  ...STREAMS,
  ...CLEARED,
  ...DISPLAYS,
  ...KINDS,
  ...LENIENT
];
