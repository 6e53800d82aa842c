/** What the buttons do to the chosen stream; what cannot be taken back only after a question. */
import { Dialog, InputDialog, Notification, showDialog } from '@jupyterlab/apputils';
import { reasonOf } from '../../../agent/core/explain.js';
import { fileIdOf, type Post } from '../../../schema/index.js';
import type { DeskModel } from './desk-model.js';

/** Asks for a reason before the stream is paused, since that stops everybody. */
export async function setPaused(desk: DeskModel, pause: boolean): Promise<void> {
  const { chosen, trans } = desk.streams;
  if (chosen === undefined) {
    return;
  }
  let payload = {};
  if (pause) {
    const answer = await InputDialog.getText({
      title: trans.__('Pause %1?', chosen),
      label: trans.__('Every post is refused until the stream is resumed. Reason (may be empty):'),
      okLabel: trans.__('Pause stream')
    });
    if (!answer.button.accept) {
      return;
    }
    payload = answer.value ? { reason: answer.value } : {};
  }
  await say(desk, { type: pause ? 'stream.paused' : 'stream.resumed', payload });
}

/** A fact that ends something of the stream, by its slug: a schedule, a subscription, a transformer. */
export interface Ending {
  readonly type: 'schedule.cancelled' | 'subscription.removed' | 'transformer.removed';
  readonly slug: string;
}

/** Asks first: what it did by itself it does no more. */
export async function endStanding(desk: DeskModel, { type, slug }: Ending): Promise<void> {
  const { trans } = desk.streams;
  const [title, okLabel] =
    type === 'schedule.cancelled'
      ? [trans.__('Cancel the schedule %1?', slug), trans.__('Cancel schedule')]
      : type === 'subscription.removed'
        ? [trans.__('Remove the subscription %1?', slug), trans.__('Remove')]
        : [trans.__('Remove the transformer %1?', slug), trans.__('Remove')];
  const answer = await showDialog({
    title,
    body: trans.__('What it did so far stays in the stream. It can be configured again.'),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Keep') }),
      Dialog.warnButton({ label: okLabel })
    ]
  });
  if (answer.button.accept) {
    await say(desk, { type, payload: { slug } });
  }
}

/** Sends go on where the subscription was parked. */
export async function resumeSubscription(desk: DeskModel, slug: string): Promise<void> {
  await say(desk, { type: 'subscription.resumed', payload: { slug } });
}

/** Opens the notebook whose stream is chosen, if its file is still there. */
export async function openNotebook({ streams }: DeskModel): Promise<void> {
  const { chosen, colophon, openFile, trans } = streams;
  const fileId = chosen && fileIdOf(chosen);
  if (fileId === undefined) {
    return;
  }
  const path = await colophon.api.filePath(fileId).catch(() => null);
  if (path === null) {
    Notification.info(trans.__('The file of this notebook cannot be found any more.'), {
      autoClose: 6_000
    });
  } else {
    openFile(path);
  }
}

/** Post for a button; what goes wrong is told. */
async function say(desk: DeskModel, post: Post): Promise<void> {
  const { chosen } = desk.streams;
  const outcome = chosen && (await desk.send(chosen, post));
  if (outcome?.kind === 'refused' || outcome?.kind === 'unknown') {
    Notification.error(outcome.detail, { autoClose: 10_000 });
  }
}

/** Asks for the path once more, since nobody can bring the stream back. */
export async function deleteStream({ streams }: DeskModel): Promise<void> {
  const { chosen, colophon, list, trans } = streams;
  if (chosen === undefined) {
    return;
  }
  const answer = await InputDialog.getText({
    title: trans.__('Delete %1?', chosen),
    label: trans.__(
      'Everything that happened in it is deleted for everybody, for good. Type %1 to go on:',
      chosen
    ),
    okLabel: trans.__('Delete')
  });
  if (!answer.button.accept) {
    return;
  }
  if (answer.value?.trim() !== chosen) {
    Notification.info(trans.__('That is not its path: nothing was deleted.'), { autoClose: 6_000 });
    return;
  }
  try {
    await colophon.api.deleteStream(chosen);
    streams.reopen();
    list.refresh();
  } catch (reason) {
    Notification.error(reasonOf(reason), { autoClose: 10_000 });
  }
}
