/** Everything that the server says about Colophon, for a person who looks for what is wrong. */
import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReactElement } from 'react';
import type { KnownStatus, ServerStatus } from '../../client/status.js';

/** Show it; settles when the dialog is closed. */
export async function showStatusDialog(
  known: KnownStatus,
  trans: TranslationBundle
): Promise<void> {
  await showDialog({
    title: trans.__('Colophon'),
    body: ReactWidget.create(<StatusBody known={known} trans={trans} />),
    buttons: [Dialog.okButton({ label: trans.__('Close') })]
  });
}

function StatusBody({ known, trans }: { known: KnownStatus; trans: TranslationBundle }) {
  if (known.kind !== 'known') {
    return (
      <p>
        {known.kind === 'unreachable'
          ? trans.__('The server does not answer for Colophon: %1', known.reason)
          : trans.__('The server has not answered yet.')}
      </p>
    );
  }
  const { status } = known;
  return (
    <div className="jp-ColophonStatus">
      {status.problem && (
        <section className="jp-ColophonStatus-problem">
          <strong>{status.problem.summary}</strong>
          <p>{status.problem.remedy}</p>
        </section>
      )}
      <dl>
        {rowsOf(status, trans).map(([label, value]) => (
          <Row key={label} label={label} value={value} />
        ))}
      </dl>
      {status.notices.length > 0 && (
        <ul>
          {status.notices.map(notice => (
            <li key={`${notice.at} ${notice.code}`} data-level={notice.level}>
              <time dateTime={notice.at}>{new Date(notice.at).toLocaleString()}</time>
              {notice.message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Row({ label, value }: { label: string; value: string }): ReactElement {
  return (
    <>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </>
  );
}

function rowsOf(status: ServerStatus, trans: TranslationBundle): [string, string][] {
  const { host, hooks, me, stepBack } = status;
  const rows: [string, string][] = [
    [trans.__('Version'), status.version],
    [trans.__('State'), status.state]
  ];
  if (host !== null) {
    rows.push(
      [trans.__('Running since'), new Date(host.since).toLocaleString()],
      [trans.__('Restarts'), String(host.restarts)],
      [trans.__('Node'), host.node ?? trans.__('another program')],
      [trans.__('Process'), String(host.pid)]
    );
  }
  rows.push([
    trans.__('Authorship'),
    hooks.ok
      ? trans.__('verified by the server')
      : trans.__('unverified: %1', hooks.problems.join('; '))
  ]);
  if (me !== null) {
    rows.push([trans.__('You are'), me.name ?? me.username]);
  }
  if (stepBack !== null) {
    rows.push([trans.__('Cells are run by'), stepBack.extension]);
  }
  return rows;
}
