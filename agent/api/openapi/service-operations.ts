/** Operations about the service itself; some are answered by Jupyter Server without the host. */
import { z } from 'zod';
import { Health, Resources, Status } from './bodies.js';
import type { Operation } from './operation.js';

const WITH_JUPYTER = 'With Jupyter Server only.';
const status = { 'application/json': Status };

export const SERVICE_OPERATIONS: readonly Operation[] = [
  {
    id: 'readHealth',
    method: 'GET',
    path: '/health',
    tag: 'Service',
    summary: 'Version, journal, agents.',
    answers: { 'application/json': Health }
  },
  {
    id: 'readStatus',
    method: 'GET',
    path: '/status',
    tag: 'Service',
    summary: 'The state of the host, also when it is away.',
    description: WITH_JUPYTER,
    answers: status,
    byServer: true
  },
  {
    id: 'startHost',
    method: 'POST',
    path: '/start',
    tag: 'Service',
    summary: 'Starts the host.',
    description: WITH_JUPYTER,
    answers: status,
    byServer: true
  },
  {
    id: 'stopHost',
    method: 'POST',
    path: '/stop',
    tag: 'Service',
    summary: 'Stops the host; answered when it is gone.',
    description: WITH_JUPYTER,
    answers: status,
    byServer: true
  },
  {
    id: 'readResources',
    method: 'GET',
    path: '/resources',
    tag: 'Service',
    summary: 'Memory and processor time of a kernel, its agent and the host. Is no activity.',
    description: WITH_JUPYTER,
    parameters: {
      kernel: { in: 'query', schema: z.string().describe('Jupyter Server’s id of the kernel.') }
    },
    answers: { 'application/json': Resources },
    byServer: true
  },
  {
    id: 'tapKernel',
    method: 'GET',
    path: '/kernels/{kernelId}/iopub',
    tag: 'Service',
    summary: 'The kernel tap, a websocket for runtime agents; see docs/PROTOCOL.md, section 3.',
    description: WITH_JUPYTER,
    parameters: {
      after: { in: 'query', schema: z.int().min(0).describe('Number of the last message taken.') },
      tap: { in: 'query', schema: z.string().describe('Id of the tap that `after` counts in.') },
      pid: { in: 'query', schema: z.int().min(1).describe('The agent’s process.') }
    },
    answers: null,
    refusals: ['not-found'],
    byServer: true
  }
];
