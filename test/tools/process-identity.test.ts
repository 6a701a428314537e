import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  formatIdentity,
  identify,
  isRunning,
  ownIdentity,
  parseIdentity,
} from '../../tools/process-identity';
import { startWithoutFirstThread } from './without-first-thread';

describe('the identity of a process', () => {
  it('is the same at each look and survives a file', () => {
    const own = ownIdentity();

    expect(own.pid).toBe(process.pid);
    expect(parseIdentity(formatIdentity(own))).toEqual(own);
    expect(isRunning(own)).toBe(true);
  });

  it('does not fit another process that has the pid by now', () => {
    expect(isRunning({ pid: process.pid, started: 'earlier' })).toBe(false);
  });

  it('is gone with the process', async () => {
    const child = spawn('sleep', ['60']);
    const identity = identify(child.pid ?? 0);
    child.kill('SIGKILL');
    await once(child, 'exit');

    expect(identity).not.toBeNull();
    expect(identity && isRunning(identity)).toBe(false);
  });

  it('stays as long as any of its threads: until then its ports are taken', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'threads-'));
    const child = await startWithoutFirstThread(directory);
    const identity = identify(child.pid ?? 0);
    child.kill('SIGKILL');
    await once(child, 'exit');
    rmSync(directory, { recursive: true });

    expect(identity).not.toBeNull();
    expect(identity && isRunning(identity)).toBe(false);
  });

  it.each(['', '12', '12 ', '12 x', 'x 12\n', '-1 x\n', '0 x\n'])(
    'is not read from the cut file %j',
    (text) => {
      expect(parseIdentity(text)).toBeNull();
    },
  );
});
