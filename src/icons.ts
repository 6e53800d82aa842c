/** Colophon's own icon: a page with a seal at its end. */
import { LabIcon } from '@jupyterlab/ui-components';

const PAGE_WITH_SEAL = `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <path d="M6 2c-1.1 0-2 .9-2 2v16c0 1.1.9 2 2 2h5.3a6.5 6.5 0 0 1-1.1-2H6V4h7v5h5v1.1c.7.1 1.4.4 2 .7V8l-6-6H6z"/>
    <path d="M7 11h5.6a6.5 6.5 0 0 0-1.7 2H7v-2zm0 4h3.1a6.6 6.6 0 0 0 0 2H7v-2z"/>
    <path d="M16.5 11.5a4.5 4.5 0 0 0-2.5 8.24V24l2.5-1.3L19 24v-4.26a4.5 4.5 0 0 0-2.5-8.24zm-.65 6.9-2-2 .98-.98 1.02 1.02 2.32-2.32.98.98-3.3 3.3z"/>
  </g>
</svg>`;

export const colophonIcon = new LabIcon({
  name: 'jupyterlab-colophon:colophon',
  svgstr: PAGE_WITH_SEAL
});
