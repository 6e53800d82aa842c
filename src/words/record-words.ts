/** The record of a run in words: what its entry does not know, for the place below it. Pure. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { toJsonRecord } from '../../agent/core/json.js';
import { describeOutput } from '../../agent/core/notebook/output.js';
import type { RecordedEnvironment, WholeRecord } from '../../agent/core/views/execution-record.js';
import type { Json } from '../../schema/index.js';
import type { EntryDetail } from './entry.js';

/** More of the outputs is not shown, in UTF-16 code units. */
const LONGEST = 4000;

/** Environment, kernel, document and outputs. */
export function recordDetails(record: WholeRecord, trans: TranslationBundle): EntryDetail[] {
  const { environment, kernelId, documentOffset } = record;
  return [
    words(trans.__('Ran in'), environmentWords(environment, trans)),
    ...(kernelId === null ? [] : [words(trans.__('Kernel'), kernelId)]),
    words(trans.__('Notebook'), trans.__('as it was at event %1 of its history', documentOffset)),
    outputDetail(record, trans)
  ];
}

function environmentWords(
  environment: RecordedEnvironment | null,
  trans: TranslationBundle
): string {
  if (environment === null) {
    return trans.__('not known');
  }
  const { language, languageVersion, implementation, implementationVersion } = environment;
  const { kernelName, prefix, packages, packageList, unknown } = environment;
  const count = packageList?.length;
  const named = (name: string | null, version: string | null) =>
    name === null ? [] : [version === null ? name : `${name} ${version}`];
  return [
    kernelName,
    ...named(language, languageVersion),
    ...named(implementation, implementationVersion),
    ...(prefix === null ? [] : [prefix]),
    ...(packages === null || count === undefined
      ? [unknown ?? trans.__('packages not known')]
      : [`${trans._n('%1 package', '%1 packages', count, count)} (${packages.slice(0, 12)})`])
  ].join(' · ');
}

function outputDetail(record: WholeRecord, trans: TranslationBundle): EntryDetail {
  const label = trans.__('Outputs at its end');
  const { outputs, outputSummaries, outputsMissing } = record;
  if (outputs === null) {
    const previews = outputSummaries.map(({ preview, outputType }) => preview || `[${outputType}]`);
    return {
      label,
      text: shortened([outputsMissing ?? '', ...previews].join('\n'), trans),
      look: 'code'
    };
  }
  return outputs.length === 0
    ? words(label, trans.__('none'))
    : { label, text: shortened(outputs.map(textOf).join('\n'), trans), look: 'code' };
}

/** Text of an output; what has none is named by its type. */
function textOf(output: Json): string {
  const plain = toJsonRecord(output);
  const { text, data } = plain;
  if (typeof text === 'string') {
    return text.replace(/\n$/, '');
  }
  const shown = toJsonRecord(data)['text/plain'];
  const summary = describeOutput(plain);
  const types = summary.mimeTypes?.filter(type => type !== 'text/plain') ?? [];
  return [typeof shown === 'string' ? shown : summary.preview, ...types.map(type => `[${type}]`)]
    .filter(part => part !== '')
    .join(' ');
}

function shortened(text: string, trans: TranslationBundle): string {
  return text.length <= LONGEST
    ? text
    : `${text.slice(0, LONGEST)}\n${trans.__('… and %1 characters more', text.length - LONGEST)}`;
}

function words(label: string, text: string): EntryDetail {
  return { label, text, look: 'words' };
}
