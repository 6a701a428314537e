import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { commandLine } from '../../cli/program';
import { settingsIn } from '../../programs/readers/systemd-unit';
import { recordingTerminal } from '../cli/recording-terminal';
import { blocksOf, read, root, wordsOf } from './markdown';

/** The units of deploy/systemd, and how the documents say that they are installed. */

const folder = 'deploy/systemd';
const settings = (file: string, section: string, key: string): readonly string[] =>
  settingsIn(path.parse(file).name, section, [read(path.join(folder, file))])(key);
const socket = 'rekor-rotate-gate.socket';
const service = 'rekor-rotate-gate@.service';
const workerService = 'rekor-rotate-worker@.service';

it('listens where the gate of the example does', () => {
  const { logs } = parse(read('examples/rekor-rotate.yaml')) as {
    logs: { production: { gate: { listen: string; admin: string } } };
  };
  const { listen, admin } = logs.production.gate;
  expect(settings(socket, 'Socket', 'ListenStream')).toEqual([listen, admin]);
});

it('gives the sockets to both processes, and says when one is ready', () => {
  expect(settings(service, 'Service', 'Sockets')).toEqual([socket]);
  expect(settings(socket, 'Socket', 'Service')).toEqual([service.replace('@.', '@1.')]);
  expect(settings(service, 'Service', 'Type')).toEqual(['notify']);
  // It is another process that says so: cli/tell-ready.ts.
  expect(settings(service, 'Service', 'NotifyAccess')).toEqual(['all']);
});

it('leaves a gate the time that it may take to stop: 30 s for a hold, as gate.maxWait may be, 10 s and 60 s', () => {
  const [seconds = ''] = settings(service, 'Service', 'TimeoutStopSec');
  expect(Number(/^(\d+)s$/.exec(seconds)?.[1])).toBeGreaterThanOrEqual(30 + 10 + 60);
});

it('keeps for a worker that is started again what the former one had begun, for its user alone and in memory', () => {
  const second = settingsIn('rekor-rotate-worker@2', 'Service', [read(path.join(folder, workerService))]);
  // Each process has one of its own: systemd removes that of one which is stopped.
  expect(second('RuntimeDirectory')).toEqual(['rekor-rotate-worker-2']);
  expect(settings(workerService, 'Service', 'RuntimeDirectoryMode')).toEqual(['0700']);
  expect(settings(workerService, 'Service', 'RuntimeDirectoryPreserve')).toEqual(['restart']);
  expect(settings(workerService, 'Service', 'Restart')).toEqual(['always']);
  // A Rekor that a command of a slot has started is in its control group.
  expect(settings(workerService, 'Service', 'KillMode')).toEqual(['process']);
});

it.each([
  [service, 'gate', { log: 'production', config: '/etc/rekor-rotate.yaml' }],
  [workerService, 'worker', { config: '/etc/rekor-rotate.yaml' }],
])('starts by %s a command that there is', (unit, name, expected) => {
  const [command = ''] = settings(unit, 'Service', 'ExecStart');
  const [program, ...words] = wordsOf(command);
  expect(program).toBe('/usr/local/bin/rekor-rotate');
  const ours = commandLine(recordingTerminal(), () => undefined);
  let given: unknown;
  ours.commands.find((one) => one.name() === name)?.action((options: unknown) => void (given = options));
  ours.parse(words, { from: 'user' });
  expect(given).toEqual(expected);
});

it.each([
  ['docs/gate.md', 'rekor-rotate-gate', [socket, 'rekor-rotate-gate@1', 'rekor-rotate-gate@2']],
  ['docs/operating.md', 'rekor-rotate-worker', ['rekor-rotate-worker@1', 'rekor-rotate-worker@2']],
])('is installed by the commands of %s', (document, prefix, expected) => {
  const home = mkdtempSync(path.join(tmpdir(), 'units-'));
  const told = path.join(home, 'told');
  writeFileSync(path.join(home, 'systemctl'), `#!/bin/sh\necho "$*" >>${told}\n`, { mode: 0o755 });
  const block = blocksOf(document).find(({ text }) => text.startsWith('cp '));
  const script = (block?.text ?? '').replaceAll('/etc/systemd/system/', `${home}/`);
  execFileSync('sh', ['-e', '-c', script], {
    cwd: root,
    env: { ...process.env, PATH: `${home}:${process.env['PATH']}` },
  });
  const ours = (name: string): boolean => name.startsWith(prefix);
  expect(readdirSync(home).filter(ours).sort()).toEqual(
    readdirSync(path.join(root, folder)).filter(ours).sort(),
  );
  const [first, second, ...none] = readFileSync(told, 'utf8').trim().split('\n');
  expect([first, none]).toEqual(['daemon-reload', []]);
  const [command, option, ...units] = second?.split(' ') ?? [];
  expect([command, option]).toEqual(['enable', '--now']);
  expect(units).toEqual(expected);
  for (const unit of units) {
    const file = unit.includes('@') ? unit.replace(/@\d$/, '@.service') : unit;
    expect(existsSync(path.join(home, file))).toBe(true);
    expect(settings(file, 'Install', 'WantedBy')).not.toEqual([]);
  }
  rmSync(home, { recursive: true });
});
