/**
 * Draws widgets whose model comes later than their output. What the agent writes comes over the room, the
 * model over the kernel's own connection, and either may be quicker; the Jupyter widgets extension expects
 * the model first and else shows an error for good. Guarantees: a view without a model is drawn as soon
 * as the kernel has told of it; what is drawn already is left alone.
 */
import type { ISessionContext } from '@jupyterlab/apputils';
import { CodeCell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { KernelMessage } from '@jupyterlab/services';
import { Panel } from '@lumino/widgets';
import { WIDGET_VIEW } from '../../agent/core/outputs/widget-state.js';

/** Follows the panel until it is closed. */
export function drawLateModels({ content, sessionContext, disposed }: NotebookPanel): void {
  // By now the widgets extension has taken the message, too.
  const take = (_: ISessionContext, message: KernelMessage.IMessage): void => {
    if (!KernelMessage.isCommOpenMsg(message)) {
      return;
    }
    for (const cell of content.widgets) {
      if (cell instanceof CodeCell) {
        drawAnew(cell.outputArea, message.content.comm_id);
      }
    }
  };
  sessionContext.iopubMessage.connect(take);
  disposed.connect(() => sessionContext.iopubMessage.disconnect(take));
}

/** Draws the views of this model that show nothing but that there is no model. */
function drawAnew({ model, widgets }: CodeCell['outputArea'], modelId: string): void {
  widgets.forEach((child, index) => {
    const output = model.get(index);
    const view = output?.data[WIDGET_VIEW] as { readonly model_id?: string } | undefined;
    if (view?.model_id !== modelId || !(child instanceof Panel)) {
      return;
    }
    const drawn = child.widgets.find(isRenderer);
    if (drawn instanceof Panel && drawn.widgets.length === 0) {
      void drawn.renderModel(output);
    }
  });
}

interface Renderer {
  renderModel(model: object): Promise<void>;
}

function isRenderer<T extends object>(widget: T): widget is T & Renderer {
  return 'renderModel' in widget;
}
