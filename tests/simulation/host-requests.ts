/**
 * Requests of agents to the host, through Jupyter Server: each part of the way takes its time and may be
 * gone by then. What was done may have been done although no answer comes.
 */
import type { Life } from './life.js';
import type { Machine } from './machine.js';
import { Wire } from './network.js';
import type { SimulatedHost } from './simulated-host.js';

/** How often a connection is cut before the answer is there. */
const CUT = 0.04;

/** No answer: nothing was there to give one, or it was lost. `forbidden`: the token is nobody's. */
export type NoAnswer = 'unreachable' | 'forbidden';

/** Asks the host of the moment; never settles once the asking process has ended. */
export function askHost<T extends object>(
  machine: Machine,
  life: Life,
  token: string,
  work: (host: SimulatedHost) => Promise<T>
): Promise<T | NoAnswer> {
  return new Promise(resolve => {
    const { network } = machine;
    const back = new Wire<T | NoAnswer>(network, {
      take: answer => {
        network.remove(back);
        life.guarded(resolve)(answer);
      }
    });
    const toHost = new Wire<null>(network, {
      take: () => {
        network.remove(toHost);
        const { host } = machine;
        void (host?.request(work) ?? Promise.resolve(undefined)).then(answer =>
          back.send(answer === undefined || machine.chance.happens(CUT) ? 'unreachable' : answer)
        );
      }
    });
    const toServer = new Wire<null>(network, {
      take: () => {
        network.remove(toServer);
        if (machine.server === undefined || machine.chance.happens(CUT)) {
          back.send('unreachable');
        } else if (machine.server.knows(token)) {
          toHost.send(null);
        } else {
          back.send('forbidden');
        }
      }
    });
    toServer.send(null);
  });
}
