import type { Environment } from './environment';

/** What a process was told of sockets that it was passed: sd_listen_fds(3). */
export interface SocketActivation {
  /** `LISTEN_FDS`: so many sockets, from file descriptor 3 on. */
  readonly fds?: string | undefined;
  /** `LISTEN_PID`: the process that they are for. */
  readonly pid?: string | undefined;
}

/** The names of sockets, too, which the gate tells apart by their addresses; LISTEN_PIDFDID is told by newer systemds. */
const variables = ['LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID'];

/** Reads the variables of socket activation and takes them away: whatever this process starts was passed no socket. */
export function takeSocketActivation(environment: Environment = process.env): SocketActivation {
  const { LISTEN_FDS: fds, LISTEN_PID: pid } = environment;
  for (const variable of variables) Reflect.deleteProperty(environment, variable);
  return { fds, pid };
}
