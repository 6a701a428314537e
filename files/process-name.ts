import { connect, createServer } from 'node:net';

/** What a name in the abstract namespace may have beside the byte that puts it there (linux: unix(7)). */
const NAME_BYTES = 107;

/**
 * A name in the abstract namespace of Unix sockets, by which one process can listen, and which is free the moment that process
 * ends, however that happens. As long as a name can be: Node.js 20 fills a shorter one up with zeros and later ones do not
 * (libuv: src/unix/pipe.c), so that a process of either would not find the other's.
 */
export function abstractName(name: string): string {
  return `\0${`${name} `.padEnd(NAME_BYTES, '.')}`;
}

/** Takes a name for as long as this process lives. Rejects with the error of the system: EADDRINUSE where another one has it. */
export function takeName(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.unref().listen(abstractName(name), resolve);
  });
}

/**
 * Whether no process has a name. One that ends gives it up when none of its threads can run any more; one that is stopped
 * keeps it. Only processes in one network namespace of one host see each other's names.
 */
export function isNameFree(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(abstractName(name));
    const say = (isFree: boolean): void => {
      socket.destroy();
      resolve(isFree);
    };
    socket.once('connect', () => say(false));
    // Any other error leaves it open: EAGAIN is that of a process which has not taken what waits.
    socket.once('error', (error: NodeJS.ErrnoException) => say(error.code === 'ECONNREFUSED'));
  });
}
