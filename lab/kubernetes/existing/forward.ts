import { createServer, type Server, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { PortForward, type KubeConfig } from '@kubernetes/client-node';
import type { OutsidePort } from '../log/services';

/** A port of a Service that is reached at a port of this machine, on 127.0.0.1. */
export interface Forward extends OutsidePort {
  readonly listen: number;
}

/** What this needs of a connection through the API server. */
export interface Tunnel {
  addEventListener(event: 'close' | 'error', listener: () => void): void;
  close(): void;
}

/** Joins this socket to a port of a Service, through the API server. */
export type OpenTunnel = (to: OutsidePort, socket: Socket) => Promise<Tunnel>;

/**
 * Listens, and opens a connection through the API server for each one that comes. One that cannot be opened is closed, as it is
 * by a host where nobody listens; `report` is told why.
 */
export async function startForward(
  { listen, ...to }: Forward,
  open: OpenTunnel,
  report: (line: string) => void,
): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    open(to, socket).then(
      (tunnel) => {
        const end = (): void => {
          // What has come is still written.
          socket.destroySoon();
        };
        tunnel.addEventListener('close', end);
        tunnel.addEventListener('error', end);
        if (socket.destroyed) {
          tunnel.close();
        } else {
          socket.once('close', () => tunnel.close());
        }
      },
      (error: unknown) => {
        report(
          `${to.namespace}/${to.name}:${to.port}: ${error instanceof Error ? error.message : String(error)}`,
        );
        socket.destroy();
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen, '127.0.0.1', resolve);
  });
  return server;
}

/** By the port-forwarding of the API server, to a pod of the Service that is ready at that moment. */
export function tunnelsOf(config: KubeConfig): OpenTunnel {
  const forwarding = new PortForward(config);
  return async ({ namespace, name, podPort }, socket) => {
    const failures = new PassThrough();
    // What the node says of a port where nobody listens.
    failures.once('data', () => socket.destroy());
    // Without tries again, it gives the WebSocket itself. Its types are those of a package that is not installed.
    return (await forwarding.portForwardService(
      namespace,
      name,
      [podPort],
      socket,
      failures,
      socket,
    )) as Tunnel;
  };
}
