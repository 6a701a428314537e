import { setTimeout as pause } from 'node:timers/promises';
import { startLink, type Link } from './link';
import { cuttableWire, type CuttableWire, type Wire } from './wire';

export const workerNames = ['worker-1', 'worker-2'] as const;
export type WorkerName = (typeof workerNames)[number];

/** An end of a connection: a process of the log, by its own name. */
export type End =
  WorkerName | 'temporal' | 'log-server' | 'signer' | 'database' | 'blue' | 'green' | 'gate' | 'gate-2';

/** All connections between the parts; each part can be cut off. */
export interface Network {
  /** Lays a connection to a port, which both ends can lose; returns the port to call instead. */
  lay(ends: readonly End[], to: number): Promise<number>;
  /** The way from this process to an end. */
  wire(end: End): Wire;
  /** Refuses connections at a port that was laid, as where nobody listens any more, and takes them again. */
  refuse(port: number): Promise<void>;
  accept(port: number): Promise<void>;
}

export interface CuttableNetwork extends Network {
  /** Cuts a part off for this long: the first half in silence, the second with refusals. */
  cut(end: End, ms: number): Promise<void>;
  end(): Promise<void>;
}

/** Nothing is between the parts. */
export const directNetwork: Network = {
  lay: (_ends, to) => Promise.resolve(to),
  wire: () => ({ through: () => Promise.resolve() }),
  refuse: () => Promise.resolve(),
  accept: () => Promise.resolve(),
};

export function createNetwork(): CuttableNetwork {
  const laid: { readonly ends: readonly End[]; readonly link: Link | CuttableWire }[] = [];
  const linkAt = (port: number): Link | undefined =>
    laid.flatMap(({ link }) => ('port' in link && link.port === port ? [link] : [])).at(0);
  return {
    async lay(ends, to) {
      const link = await startLink(to);
      laid.push({ ends, link });
      return link.port;
    },
    wire(end) {
      const link = cuttableWire();
      laid.push({ ends: [end], link });
      return link;
    },
    refuse: async (port) => await linkAt(port)?.refuse(),
    accept: async (port) => await linkAt(port)?.heal(),
    async cut(end, ms) {
      const links = laid.filter(({ ends }) => ends.includes(end)).map(({ link }) => link);
      links.forEach((link) => link.silence());
      await pause(ms / 2);
      await Promise.all(links.map(async (link) => await link.refuse()));
      await pause(ms / 2);
      await Promise.all(links.map(async (link) => await link.heal()));
    },
    async end() {
      await Promise.all(laid.map(async ({ link }) => await link.end()));
    },
  };
}
