import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { read } from '../docs/markdown';
import { saidBy } from './recording-terminal';

/** The example's log, `production`, with a Temporal that is not there. */
const config = path.join(mkdtempSync(path.join(tmpdir(), 'unknown-log-')), 'rekor-rotate.yaml');
writeFileSync(config, read('examples/rekor-rotate.yaml').replace('127.0.0.1:7233', '127.0.0.1:1'));

const told = ['--who', 'Ada', '--why', 'a release'];

const commands: readonly (readonly string[])[] = [
  ['plan'],
  ['doctor'],
  ['rotate', '--yes'],
  ['status'],
  ['status', '--watch'],
  ['approve', '--yes'],
  ['reject', ...told],
  ['go', ...told],
  ['postpone', '--to', '2h', ...told],
  ['hold', '--after', 'stage', '--until', '2h', ...told],
  ['cancel'],
  ['history'],
  ['resume', '--retry', ...told],
  ['recover', '--yes'],
  ['prune'],
  ['receipt', '--out', path.join(path.dirname(config), 'receipt')],
  ['schedule', 'create', '--window', 'sun 02:00-05:00', '--time-zone', 'UTC', '--due-age-days', '90'],
  ['schedule', 'show'],
  ['schedule', 'pause', '--why', 'a release'],
  ['schedule', 'resume', '--why', 'it is over'],
  ['schedule', 'trigger'],
  ['schedule', 'delete', '--yes'],
];

/** The name of the log comes behind the command, and before its options. */
function withLog(command: readonly string[], log: string): string[] {
  const at = command[0] === 'schedule' ? 2 : 1;
  return [...command.slice(0, at), log, ...command.slice(at), '-c', config];
}

it('refuses a log that there is not by its name, with those that there are, also while Temporal is down', async () => {
  const said = await Promise.all(
    commands.map(async (command) => [command, await saidBy(withLog(command, 'prodution'))] as const),
  );
  for (const [command, { code, words }] of said) {
    expect([command, code, words]).toEqual([command, 2, expect.stringContaining('(UNKNOWN_LOG)')]);
    expect(words).toContain('in the configuration, whose logs are production.');
    expect(words).not.toContain('TEMPORAL_UNREACHABLE');
  }
});

it('says of a log that there is that Temporal does not answer', async () => {
  for (const command of [['plan'], ['status'], ['schedule', 'show']]) {
    const { code, words } = await saidBy(withLog(command, 'production'));
    expect([command, code, words]).toEqual([command, 5, expect.stringContaining('(TEMPORAL_UNREACHABLE)')]);
  }
});

it('says of a schedule that is named by its id that Temporal does not answer: it may be of any log', async () => {
  const { code } = await saidBy(['schedule', 'show', '--id', 'nightly', '-c', config]);
  expect(code).toBe(5);
});
