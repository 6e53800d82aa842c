/**
 * HTML that a notebook keeps outside, in a frame that is nobody: no origin, so neither Jupyter's
 * cookies nor its page are in reach; scripts run only if the output is trusted.
 */
import { element } from './element.js';

export function htmlFrame(html: string, trusted: boolean, title: string): HTMLIFrameElement {
  const frame = element('iframe', { className: 'jp-ColophonArtifact-frame', title });
  frame.setAttribute('sandbox', trusted ? 'allow-scripts' : '');
  frame.srcdoc = `<!doctype html><style>${looks()}</style>${html}`;
  return frame;
}

/** JupyterLab's colours and letters, as they are now. */
function looks(): string {
  const theme = getComputedStyle(document.body);
  const value = (name: string) => theme.getPropertyValue(name).trim();
  return `body{margin:8px;color:${value('--jp-content-font-color1')};background:${value(
    '--jp-layout-color0'
  )};font:${value('--jp-content-font-size1')} ${value('--jp-content-font-family')}}`;
}
