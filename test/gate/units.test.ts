import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { commandLine } from '../../cli/program';
import { settingsIn } from '../../programs/readers/systemd-unit';
import { recordingTerminal } from '../cli/recording-terminal';
import { blocksOf, read, root, wordsOf } from '../docs/markdown';

/** The units of deploy/systemd, and how docs/gate.md says that they are installed. */

const folder = 'deploy/systemd';
const settings = (file: string, section: string, key: string): readonly string[] =>
  settingsIn(path.parse(file).name, section, [read(path.join(folder, file))])(key);
const socket = 'rekor-rotate-gate.socket';
const service = 'rekor-rotate-gate@.service';

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

it('starts a gate by a command that there is', () => {
  const [command = ''] = settings(service, 'Service', 'ExecStart');
  const [program, ...words] = wordsOf(command);
  expect(program).toBe('/usr/local/bin/rekor-rotate');
  const ours = commandLine(recordingTerminal(), () => undefined);
  const gate = ours.commands.find((one) => one.name() === 'gate');
  let given: unknown;
  gate?.action((options: unknown) => void (given = options));
  ours.parse(words, { from: 'user' });
  expect(given).toEqual({ log: 'production', config: '/etc/rekor-rotate.yaml' });
});

it('is installed by the commands of the document', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'units-'));
  const told = path.join(home, 'told');
  writeFileSync(path.join(home, 'systemctl'), `#!/bin/sh\necho "$*" >>${told}\n`, { mode: 0o755 });
  const block = blocksOf('docs/gate.md').find(({ text }) => text.startsWith('cp '));
  const script = (block?.text ?? '').replaceAll('/etc/systemd/system/', `${home}/`);
  execFileSync('sh', ['-e', '-c', script], {
    cwd: root,
    env: { ...process.env, PATH: `${home}:${process.env['PATH']}` },
  });
  const copied = readdirSync(home).filter((name) => name.startsWith('rekor-rotate-gate'));
  expect(copied.sort()).toEqual(readdirSync(path.join(root, folder)).sort());
  const [first, second, ...none] = readFileSync(told, 'utf8').trim().split('\n');
  expect([first, none]).toEqual(['daemon-reload', []]);
  const [command, option, ...units] = second?.split(' ') ?? [];
  expect([command, option]).toEqual(['enable', '--now']);
  expect(units).toEqual([socket, 'rekor-rotate-gate@1', 'rekor-rotate-gate@2']);
  for (const unit of units) {
    const file = unit.includes('@') ? service : unit;
    expect(existsSync(path.join(home, file))).toBe(true);
    expect(settings(file, 'Install', 'WantedBy')).not.toEqual([]);
  }
  rmSync(home, { recursive: true });
});
