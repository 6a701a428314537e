import { setTimeout as pause } from 'node:timers/promises';
import { startLink, type Link } from './link';

export const workerNames = ['worker-1', 'worker-2'] as const;
export type WorkerName = (typeof workerNames)[number];

/** An end of a connection: a process of the log, by its own name. */
export type End = WorkerName | 'temporal' | 'log-server' | 'signer' | 'database' | 'blue' | 'green' | 'gate';

/** All connections between the parts; each part can be cut off. */
export interface Network {
  /** Lays a connection to a port, which both ends can lose; returns the port to call instead. */
  lay(ends: readonly End[], to: number): Promise<number>;
}

export interface CuttableNetwork extends Network {
  /** Cuts a part off for this long: the first half in silence, the second with refusals. */
  cut(end: End, ms: number): Promise<void>;
  end(): Promise<void>;
}

/** Nothing is between the parts. */
export const directNetwork: Network = { lay: (_ends, to) => Promise.resolve(to) };

export function createNetwork(): CuttableNetwork {
  const laid: { readonly ends: readonly End[]; readonly link: Link }[] = [];
  return {
    async lay(ends, to) {
      const link = await startLink(to);
      laid.push({ ends, link });
      return link.port;
    },
    async cut(end, ms) {
      const links = laid.filter(({ ends }) => ends.includes(end)).map(({ link }) => link);
      links.forEach((link) => link.silence());
      await pause(ms / 2);
      await Promise.all(links.map((link) => link.refuse()));
      await pause(ms / 2);
      await Promise.all(links.map((link) => link.heal()));
    },
    async end() {
      await Promise.all(laid.map(({ link }) => link.end()));
    },
  };
}
