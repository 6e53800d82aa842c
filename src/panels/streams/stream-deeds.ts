/** What the buttons above the events do to the chosen stream, each after a question. */
import { InputDialog, Notification } from '@jupyterlab/apputils';
import { wordsOf } from '../../client/api.js';
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
  const outcome = await desk.send(chosen, {
    type: pause ? 'stream.paused' : 'stream.resumed',
    payload
  });
  if (outcome.kind === 'refused' || outcome.kind === 'unknown') {
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
    Notification.error(wordsOf(reason), { autoClose: 10_000 });
  }
}
