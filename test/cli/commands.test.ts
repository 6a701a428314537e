import { readFileSync, writeFileSync } from 'node:fs';
import { run } from '../../cli/program';
import type { RotationResult } from '../../workflows/model/result';
import { recordingTerminal, saidBy, type RecordingTerminal } from './recording-terminal';
import { until } from '../patience';
import { useStandIn } from './stand-in-server';

const server = useStandIn();

/** `rotate --yes` under way, shown as being in its step `stage`. */
async function rotating(terminal: RecordingTerminal, ...more: string[]): Promise<Promise<number>[]> {
  const exit = run(['rotate', 'production', '--yes', '-c', server.config, ...more], terminal);
  await until(() => `${terminal.output}${terminal.errors}`.includes('production: stage ...'));
  return [exit];
}

const finished = () => server.temporal.workflow.getHandle('log-production').signal('finish');

beforeAll(() => server.guarded({ log: 'production' }));

it('plans without asking, and prints the plan', async () => {
  const terminal = recordingTerminal();

  expect(await run(['plan', 'production', '-c', server.config], terminal)).toBe(0);
  expect(terminal.output).toContain('Plan to rotate production');
});

it('prints a plan as JSON and nothing else on standard output', async () => {
  const terminal = recordingTerminal();
  await run(['plan', 'production', '--json', '-c', server.config], terminal);

  expect((JSON.parse(terminal.output) as RotationResult).outcome).toBe('planned');
});

it('exits with 3 when the worker refuses', async () => {
  const terminal = recordingTerminal();

  expect(await run(['plan', 'another', '-c', server.configuredFor('another')], terminal)).toBe(3);
  expect(terminal.output).toContain('(CURRENT_TREE_NOT_ACTIVE)');
});

it.each([
  ['plan'],
  ['rotate', '--yes'],
  ['recover', '--yes'],
  ['prune'],
  ['status'],
  ['history'],
  ['cancel'],
  ['doctor'],
])('exits with 2 and the nearest name when %s is given a misspelt log', async (command, ...options) => {
  const { code, words } = await saidBy([command, 'prodution', ...options, '-c', server.config]);

  expect([code, words]).toEqual([2, expect.stringContaining('Did you mean "production"?')]);
});

it.each([
  ...['plan', 'doctor', 'rotate', 'approve', 'reject', 'go', 'postpone', 'hold', 'cancel', 'history'],
  ...['resume', 'recover', 'prune', 'receipt', 'schedule create', 'schedule show', 'schedule pause'],
  ...['schedule resume', 'schedule trigger', 'schedule delete'],
])('names the logs that there are when %s is given none', async (command) => {
  const { code, words } = await saidBy([...command.split(' '), '-c', server.config]);

  expect(code).toBe(2);
  expect(words).toContain('Name the log of the configuration: LOG. It has production.');
});

it('shows what each command must be given in the same words in both helps', async () => {
  const { output } = await saidBy(['--help'], recordingTerminal({ columns: 80 }));
  for (const command of ['plan', 'rotate', 'cancel', 'history', 'hold']) {
    const own = await saidBy([command, '--help']);
    expect(own.output).toContain(`Usage: rekor-rotate ${command} [options] <log>`);
    expect(output).toContain(`  ${command} [options] <log>`);
  }
});

it.each([
  [['plan', '--current-tree', 'abc'], '--current-tree is "abc"; allowed is a tree id'],
  [['prune', '--yes', '--delete', '301', '30x'], '--delete is "30x"; allowed is a tree id'],
  [['history', '--limit', '0'], '--limit is 0; allowed is a number from 1 to 999.'],
])('names the option whose value is wrong: %j', async ([command = '', ...options], message) => {
  const { code, words } = await saidBy([command, 'production', ...options, '-c', server.config]);

  expect([code, words]).toEqual([2, expect.stringContaining(message)]);
  expect(words).not.toContain('JSON');
});

it('starts nothing when nobody can be asked, or the answer is no', async () => {
  const nobody = recordingTerminal();
  const no = recordingTerminal({ asks: true, answer: false });

  expect(await run(['rotate', 'production', '-c', server.config], nobody)).toBe(2);
  expect(nobody.errors).toContain('--yes');
  expect(await run(['rotate', 'production', '-c', server.config], no)).toBe(3);
  expect(no.output).toContain('Plan to rotate production');
  const status = recordingTerminal();
  await run(['status', 'production', '-c', server.config], status);
  expect(status.output).toContain('no rotation that Temporal remembers');
});

it('says that no worker polls the task queue instead of hanging silently, and detaches at Ctrl-C', async () => {
  const terminal = recordingTerminal();
  const exit = run(['plan', 'production', '-c', server.configured('nobody-polls-this')], terminal);
  await until(() => terminal.errors.includes('No worker polls the task queue nobody-polls-this'));
  terminal.interrupt();

  expect(await exit).toBe(130);
  expect(terminal.errors.replace(/\s+/g, ' ')).toContain('A dry run changes nothing');
});

it('rotates the plan that was shown, tells a pipe each step, and prints the result', async () => {
  const terminal = recordingTerminal();
  const [exit] = await rotating(terminal);
  await finished();

  expect(await exit).toBe(0);
  expect(terminal.output).toContain('production: attempt 1: createTree in 42 ms');
  expect(terminal.output).toContain('The rotation of production is completed');
});

it('with --json keeps everything but the result from standard output', async () => {
  const terminal = recordingTerminal();
  const [exit] = await rotating(terminal, '--json');
  await finished();

  expect(await exit).toBe(0);
  expect((JSON.parse(terminal.output) as RotationResult).outcome).toBe('completed');
});

it('detaches at Ctrl-C: the rotation goes on, status sees it, cancel takes it back', async () => {
  const terminal = recordingTerminal();
  const [exit] = await rotating(terminal);
  terminal.interrupt();

  expect(await exit).toBe(130);
  expect(terminal.errors.replace(/\s+/g, ' ')).toContain('rekor-rotate cancel production');
  const status = recordingTerminal();
  expect(await run(['status', '-c', server.config], status)).toBe(0);
  expect(status.output).toContain('a rotation runs');
  const cancel = recordingTerminal();
  expect(await run(['cancel', 'production', '-c', server.config], cancel)).toBe(0);
  expect(cancel.output).toContain('Cancel takes everything back');
  expect(cancel.output).toContain('was rolled back');
  const again = recordingTerminal();
  expect(await run(['cancel', 'production', '-c', server.config], again)).toBe(3);
  const after = recordingTerminal();
  await run(['status', 'production', '--json', '-c', server.config], after);
  expect(JSON.parse(after.output)).toMatchObject({ state: 'ended', result: { outcome: 'rolledBack' } });
});

it('takes a rotation for ended when its lock is, though the workflow that was asked for is still open', async () => {
  const [exit] = await rotating(recordingTerminal());
  const lock = await server.temporal.workflow.getHandle('log-production').describe();
  const asked = server.temporal.workflow.getHandle(String(lock.memo?.['startedBy']));
  await asked.signal('stay');
  await finished();
  await until(
    async () =>
      (await server.temporal.workflow.getHandle('log-production').describe()).closeTime !== undefined,
  );
  const cancel = recordingTerminal();
  const status = recordingTerminal();

  expect(await run(['cancel', 'production', '-c', server.config], cancel)).toBe(3);
  await run(['status', 'production', '--json', '-c', server.config], status);
  expect(JSON.parse(status.output)).toMatchObject({ state: 'ended', result: { outcome: 'completed' } });
  expect((await asked.describe()).status.name).toBe('RUNNING');
  await asked.signal('finish');
  expect(await exit).toBe(0);
});

it('says of an ended rotation when that was', async () => {
  const terminal = recordingTerminal();
  await run(['status', 'production', '-c', server.config], terminal);

  expect(terminal.output).toMatch(
    /production: the last rotation ended at \d{4}-\d\d-\d\dT[\d:.]+Z,\s+\d+ s ago\./,
  );
});

it('says of a rotation that was terminated how to find what it left', async () => {
  const rotate = recordingTerminal();
  const [exit] = await rotating(rotate);
  await server.temporal.workflow.getHandle('log-production').terminate('for a test');
  expect(await exit).toBe(1);
  expect(rotate.errors.replace(/\s+/g, ' ')).toContain('`rekor-rotate recover production --dry-run`');
  const terminal = recordingTerminal();
  await run(['status', 'production', '-c', server.config], terminal);

  expect(terminal.output).toContain('without a result');
  expect(terminal.output).toContain('rekor-rotate recover production --dry-run');
});

it('says its version', async () => {
  const terminal = recordingTerminal();
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

  expect(await run(['--version'], terminal)).toBe(0);
  expect(terminal.output).toBe(`${version}\n`);
});

it('runs no worker with metrics at an address that is none', async () => {
  const terminal = recordingTerminal();

  expect(await run(['worker', '--metrics', 'localhost:9464', '-c', server.config], terminal)).toBe(2);
  expect(terminal.errors).toContain('--metrics is localhost:9464');
});

it('exits with 2 and the problem for a namespace that Temporal does not have', async () => {
  const terminal = recordingTerminal();
  const file = server.configured();
  writeFileSync(file, readFileSync(file, 'utf8').replace('namespace: default', 'namespace: nowhere'));

  expect(await run(['status', '-c', file], terminal)).toBe(2);
  expect(terminal.errors).toContain('(TEMPORAL_NAMESPACE_UNKNOWN)');
});

it('exits with 5 and the address when Temporal is not there', async () => {
  const terminal = recordingTerminal();
  const file = server.configured();
  writeFileSync(file, readFileSync(file, 'utf8').replace(server.address, '127.0.0.1:1'));

  expect(await run(['status', '-c', file], terminal)).toBe(5);
  expect(terminal.errors).toContain('Temporal at 127.0.0.1:1 does not answer');
});
