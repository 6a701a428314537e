import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { takeServingLock, type ServingLock } from '../../gate/serving-lock';
import { until, useStarted } from './support';

/** Of Linux: names in its abstract namespace. */

const started = useStarted();

/** Somebody who wants the lock of an address. */
function somebody(address: string): {
  readonly lock: Promise<ServingLock | null>;
  standsBy: boolean;
  leave(): void;
} {
  const stop = new AbortController();
  const one = {
    standsBy: false,
    lock: takeServingLock(address, { signal: stop.signal, onStandBy: () => (one.standsBy = true) }),
    leave: () => stop.abort(),
  };
  started.later(async () => {
    stop.abort();
    (await one.lock)?.release(true);
  });
  return one;
}

async function lockOf(one: { readonly lock: Promise<ServingLock | null> }): Promise<ServingLock> {
  const lock = await one.lock;
  if (!lock) throw new Error('it has no lock');
  return lock;
}

describe('the lock to serve an address', () => {
  it('is given to one, and to the next one when that one gives it up', async () => {
    const address = randomUUID();
    const first = somebody(address);
    const lock = await lockOf(first);
    expect([first.standsBy, lock.standbys]).toEqual([false, 0]);
    const others = [somebody(address), somebody(address)];
    await until('both stand by', () => lock.standbys === 2);
    expect(others.map(({ standsBy }) => standsBy)).toEqual([true, true]);
    lock.release(true);
    const second = await Promise.race(others.map(lockOf));
    await until('the third stands by', () => second.standbys === 1);
    second.release(true);
    await Promise.all(others.map(lockOf));
  });

  it('says whether the one before was informed when it gave it up, and only the last one', async () => {
    const address = randomUUID();
    const first = await lockOf(somebody(address));
    expect(first.wasInformed).toBe(false);
    const next = async (by: ServingLock, isInformed: boolean): Promise<ServingLock> => {
      const one = somebody(address);
      await until('it stands by', () => by.standbys === 1);
      by.release(isInformed);
      return lockOf(one);
    };
    const second = await next(first, true);
    expect(second.wasInformed).toBe(true);
    expect((await next(second, false)).wasInformed).toBe(false);
  });

  it('is another one for another address', async () => {
    const [one, other] = [somebody(randomUUID()), somebody(randomUUID())];
    await Promise.all([lockOf(one), lockOf(other)]);
    expect([one.standsBy, other.standsBy]).toEqual([false, false]);
  });

  it('is not waited for any more by one that is told to stop, and that does not count', async () => {
    const address = randomUUID();
    const lock = await lockOf(somebody(address));
    const other = somebody(address);
    await until('it stands by', () => lock.standbys === 1);
    other.leave();
    expect(await other.lock).toBeNull();
    await until('nobody stands by', () => lock.standbys === 0);
  });

  it('is free the moment its process is killed', async () => {
    const address = randomUUID();
    const own = await lockOf(somebody(address));
    const name = nameOf(address);
    own.release(true);
    // As another program would take it.
    const process = listenerBy(name);
    await until('another process has it', () => isTaken(name));
    const other = somebody(address);
    await until('it stands by', () => other.standsBy);
    await pause(50);
    process.kill('SIGKILL');
    await lockOf(other);
  });

  it('has a name of full length, which each version of Node.js takes for the same', async () => {
    const address = '127.0.0.1:3000';
    const lock = await lockOf(somebody(`${address} ${randomUUID()}`));
    const name = nameOf(address);
    expect(name).toHaveLength(107);
    expect(name).toMatch(/^rekor-rotate gate 127\.0\.0\.1:3000 .*\.$/);
    lock.release(true);
  });
});

/** The name as the kernel shows it, without its first byte. */
function nameOf(address: string): string {
  const line = readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .find((one) => one.includes(`@rekor-rotate gate ${address}`));
  if (line === undefined) throw new Error('nobody has it');
  return line.slice(line.indexOf('@') + 1);
}

function listenerBy(name: string): ChildProcess {
  const program = "require('node:net').createServer().listen('\\0' + process.argv[1])";
  const process_ = spawn(process.execPath, ['-e', program, name], { stdio: 'ignore' });
  started.later(async () => {
    if (process_.exitCode === null && process_.signalCode === null) {
      process_.kill('SIGKILL');
      await once(process_, 'exit');
    }
  });
  return process_;
}

function isTaken(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(`\0${name}`);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
