import { randomUUID } from 'node:crypto';
import { run } from '../../cli/program';
import { recordingTerminal, saidBy } from './recording-terminal';
import { until } from '../patience';
import { useStandIn } from './stand-in-server';

const server = useStandIn();

const said = (...command: string[]) => saidBy([...command, '-c', server.config]);

interface Shown {
  readonly ended: readonly {
    readonly what: string;
    readonly outcome?: string;
    readonly problem: string | null;
    readonly endedAt: string;
    readonly workflowId: string;
  }[];
  readonly more: boolean;
  readonly keptForMs: number;
}

async function history(...options: string[]): Promise<Shown> {
  return JSON.parse((await said('history', 'production', '--json', ...options)).output) as Shown;
}

/** A rotation under the lock, which ends when it is told so. */
async function rotated(end: 'finish' | 'cancel' | 'terminate'): Promise<void> {
  const watching = recordingTerminal();
  const exit = run(['rotate', 'production', '--yes', '-c', server.config], watching);
  await until(() => watching.output.includes('production: stage ...'));
  const lock = server.temporal.workflow.getHandle('log-production');
  await (end === 'finish'
    ? lock.signal('finish')
    : end === 'cancel'
      ? lock.cancel()
      : lock.terminate('for a test'));
  await exit;
}

it('says that nothing has ended, and knows no other log', async () => {
  const { code, words } = await said('history', 'production');
  const another = await said('history', 'prodution');

  expect(code).toBe(0);
  expect(words).toContain('production: no rotation or recovery that has ended.');
  expect(words).toMatch(/Temporal forgets a workflow \d+ (hour|day)s? after it has ended/);
  expect(another).toMatchObject({ code: 2 });
  expect(another.words).toContain('(UNKNOWN_LOG)');
});

it('lists what has ended, newest first, without dry runs and other logs, each once', async () => {
  await said('plan', 'production');
  await saidBy(['plan', 'another', '-c', server.configuredFor('another')]);
  await rotated('finish');
  await rotated('cancel');
  await rotated('terminate');
  await server.temporal.workflow.execute('rotateLog', {
    workflowId: `refused-${randomUUID()}`,
    taskQueue: 'stand-in',
    args: [
      { log: 'production', begin: { notBefore: '2026-01-31T03:00:00Z', notAfter: '2026-01-31T03:00:01Z' } },
    ],
  });
  let shown = await history();
  await until(async () => (shown = await history()).ended.length === 4);

  expect(shown.ended.map(({ what, outcome }) => [what, outcome])).toEqual([
    ['rotation', 'skipped'],
    ['rotation', undefined],
    ['rotation', 'rolledBack'],
    ['rotation', 'completed'],
  ]);
  expect(shown.ended[1]?.problem).toContain('TERMINATED');
  expect(shown.more).toBe(false);
  const dates = shown.ended.map(({ endedAt }) => endedAt);
  expect(dates).toEqual([...dates].sort().reverse());
});

it('shows outcome, dates in both zones, trees and stall in 80 columns', async () => {
  const { code, output } = await said('history', 'production');

  expect(code).toBe(0);
  expect(output).toMatch(/^\d{4}-\d\d-\d\d [\d:]+ \+0[12]:00 \([\dT:-]+Z\) +rotation completed$/m);
  expect(output).toMatch(/ {2}Trees +200 \(25 entries\), then 7331245678901234567 from index 35 on/);
  expect(output).toMatch(/ {2}Write stall +412 ms, longest wait 380 ms; 9 held, 0 refused/);
  expect(Math.max(...output.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

it('shows as many as are wanted, and that there may be more', async () => {
  const { ended, more } = await history('--limit', '1');

  expect([ended.length, more]).toEqual([1, true]);
  expect((await said('history', 'production', '--limit', '1')).words).toContain(
    'There may be more: see --limit.',
  );
  expect(await said('history', 'production', '--limit', 'all')).toMatchObject({ code: 2 });
});
