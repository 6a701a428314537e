import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recorded } from '../../lab/process';
import { until } from '../../harness/waiting';
import { formatIdentity, identify } from '../../tools/process-identity';
import { startWithoutFirstThread } from '../tools/without-first-thread';
import { PATIENCE_MS } from '../../harness/waiting';

const script = join(__dirname, '../../lab/slot.sh');

describe('the commands of a slot', () => {
  let directory: string;
  let slots: string;
  const slot = (action: string) => spawnSync('sh', [script, action, directory, 'blue'], { encoding: 'utf8' });
  const served = () =>
    readFileSync(join(slots, 'blue.log'), 'utf8')
      .split('\n')
      .filter((line) => line === 'serve');
  const process_ = () => recorded(join(slots, 'blue.pid'));

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'a slot-'));
    slots = join(directory, 'slots');
    mkdirSync(slots);
    const rekor = join(directory, 'rekor server');
    const lines = [
      '#!/bin/sh',
      'echo $$ >>"${0%/*}/begun"',
      String.raw`printf "%s\n" "$@"`,
      'exec sleep 600',
      '',
    ];
    writeFileSync(rekor, lines.join('\n'), { mode: 0o755 });
    const shared = [
      'SIGNER_KEY=/a key',
      'PUBLIC_NAME=rekor.test',
      'TRILLIAN_HOST=127.0.0.1',
      'TRILLIAN_PORT=1',
    ];
    writeFileSync(join(slots, 'rekor.env'), [`REKOR_SERVER=${rekor}`, ...shared].join('\n'));
    writeFileSync(join(slots, 'blue.env'), '# A comment\n\nPORT=2\nTREE_ID=6826284441047790130\n');
  });
  afterEach(() => {
    slot('stop');
    rmSync(directory, { recursive: true });
  });

  it('start Rekor once, with the tree and the sharding list of the slot', async () => {
    expect(slot('status').status).toBe(3);
    expect(slot('start').status).toBe(0);
    const first = process_();
    expect(slot('start').status).toBe(0);
    while (!readFileSync(join(slots, 'blue.log'), 'utf8').includes('--enable_retrieve_api')) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }

    expect(first).not.toBeNull();
    expect(process_()).toEqual(first);
    expect(slot('status').stdout).toBe(`running, pid ${first?.pid}\n`);
    const log = readFileSync(join(slots, 'blue.log'), 'utf8').split('\n');
    expect(log).toContain('--trillian_log_server.tlog_id=6826284441047790130');
    expect(log).toContain(`--trillian_log_server.sharding_config=${slots}/blue-sharding.yaml`);
    expect(log).toContain('--rekor_server.signer=/a key');
    expect(log.filter((line) => line === 'serve')).toHaveLength(1);
  });

  it('start one Rekor when several start it at a time', async () => {
    const starts = Array.from({ length: 5 }, () => spawn('sh', [script, 'start', directory, 'blue']));
    const ends = await Promise.all(starts.map((start) => once(start, 'exit')));
    await until('Rekor to run', PATIENCE_MS, () => served().length > 0);
    // One more would have come as soon.
    await new Promise((resolve) => setTimeout(resolve, 100));

    expect(ends.map(([code]) => code as number)).toEqual([0, 0, 0, 0, 0]);
    expect(served()).toHaveLength(1);
  });

  it('leave no Rekor that stop does not find, whenever start is killed', async () => {
    const killedStarts = 60;
    const begun = () => readFileSync(join(directory, 'begun'), 'utf8').trim().split('\n').map(Number);
    // The moments of the kills are spread over the time that a start takes here and now.
    const before = performance.now();
    expect(slot('start').status).toBe(0);
    const startMs = performance.now() - before;
    await until('Rekor to begin', PATIENCE_MS, () => existsSync(join(directory, 'begun')));
    expect(slot('stop').status).toBe(0);
    for (let round = 0; round < killedStarts; round += 1) {
      const start = spawn('sh', [script, 'start', directory, 'blue'], { stdio: 'ignore' });
      const ended = once(start, 'exit');
      await new Promise((resolve) => setTimeout(resolve, (1.5 * startMs * round) / killedStarts));
      start.kill('SIGKILL');
      await ended;
      expect(slot('stop').status).toBe(0);
    }

    // What began before a kill finds out by itself; one that stays would run on for longer than this waits.
    await until('the end of all that began', 30_000, () => begun().every((pid) => identify(pid) === null));
  });

  it('refuse to start what is no program', () => {
    writeFileSync(
      join(slots, 'rekor.env'),
      readFileSync(join(slots, 'rekor.env'), 'utf8').replace('rekor server', 'rekor-server'),
    );
    const start = slot('start');

    expect(start.status).toBe(1);
    expect(start.stderr).toContain(`rekor.env is "${directory}/rekor-server", not a program`);
    expect(process_()).toBeNull();
  });

  it('stop it, and are content when nothing runs', () => {
    slot('start');
    expect(slot('stop').status).toBe(0);

    expect(process_()).toBeNull();
    expect(slot('status').status).toBe(3);
    expect(slot('stop').status).toBe(0);
  });

  it('never signal another program that has the recorded pid by now', async () => {
    const other = spawn('sleep', ['60']);
    writeFileSync(join(slots, 'blue.pid'), formatIdentity({ pid: other.pid ?? 0, started: 'before' }));
    expect(slot('stop').status).toBe(0);

    expect(identify(other.pid ?? 0)).not.toBeNull();
    other.kill('SIGKILL');
    await once(other, 'exit');
  });

  it('say that it runs while any of its threads does', async () => {
    const rekor = await startWithoutFirstThread(directory);
    const identity = identify(rekor.pid ?? 0);
    writeFileSync(join(slots, 'blue.pid'), identity ? formatIdentity(identity) : '');

    expect(slot('status').stdout).toBe(`running, pid ${rekor.pid}\n`);
    expect(slot('stop').status).toBe(0);
  });

  it('take over the lock of a command that was killed', () => {
    writeFileSync(join(slots, 'blue.lock'), `${process.pid} before\n`);

    expect(slot('start').status).toBe(0);
    expect(existsSync(join(slots, 'blue.lock'))).toBe(false);
  });

  it.each(['', '0', '007', '12a', '$(echo 1)'])('refuse to start Rekor with the tree id %j', (treeId) => {
    writeFileSync(join(slots, 'blue.env'), `PORT=2\nTREE_ID=${treeId}\n`);
    const start = slot('start');

    expect(start.status).toBe(1);
    expect(start.stderr).toContain('not a tree id');
    expect(process_()).toBeNull();
  });

  it('say by enable and disable whether the slot starts with the lab', () => {
    slot('enable');
    expect(existsSync(join(slots, 'blue.enabled'))).toBe(true);
    slot('disable');
    expect(existsSync(join(slots, 'blue.enabled'))).toBe(false);
  });
});
