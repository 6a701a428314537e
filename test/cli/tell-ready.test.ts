import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tellReady } from '../../cli/tell-ready';

/** Beside a program that stands in for systemd's own, and keeps what it was told. */

const folder = mkdtempSync(path.join(tmpdir(), 'tell-ready-'));
const told = path.join(folder, 'told');
const logged: unknown[] = [];
const log = { error: (...said: unknown[]) => logged.push(said) };

function standIn(does: string): void {
  writeFileSync(path.join(folder, 'systemd-notify'), `#!/bin/sh\n${does}\n`, { mode: 0o755 });
}

beforeEach(() => {
  rmSync(told, { force: true });
  logged.length = 0;
});

afterAll(() => rmSync(folder, { recursive: true }));

it('tells systemd that the gate is ready, where it waits for that', async () => {
  standIn(`echo "$@" "$NOTIFY_SOCKET" >${told}`);
  await tellReady(log, { PATH: `${folder}:/usr/bin:/bin`, NOTIFY_SOCKET: '/run/systemd/notify' });
  expect(readFileSync(told, 'utf8')).toBe('--ready /run/systemd/notify\n');
  expect(logged).toEqual([]);
});

it('starts nothing where nobody waits', async () => {
  standIn(`echo >${told}`);
  await tellReady(log, { PATH: folder });
  expect(() => readFileSync(told)).toThrow('ENOENT');
});

it.each([
  ['cannot', 'exit 1'],
  ['is not there', undefined],
])('logs it when systemd-notify %s, and lets the gate serve', async (_what, does) => {
  if (does === undefined) rmSync(path.join(folder, 'systemd-notify'));
  else standIn(does);
  await tellReady(log, { PATH: folder, NOTIFY_SOCKET: '/run/systemd/notify' });
  expect(logged).toEqual([[expect.anything(), 'systemd could not be told that the gate is ready']]);
});
