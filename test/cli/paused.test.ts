import { run } from '../../cli/program';
import { pausedAt, startPausingFront, type PausingFront } from './pausing-front';
import { recordingTerminal, saidBy, type RecordingTerminal } from './recording-terminal';
import { until } from '../patience';
import { useStandIn } from './stand-in-server';

const server = useStandIn();
let front: PausingFront;
let config: string;
let watching: RecordingTerminal;
let exit: Promise<number>;

const goesOn = '`temporal workflow unpause --workflow-id log-production`';
const lock = () => server.temporal.workflow.getHandle('log-production');

const said = (...command: string[]) => saidBy([...command, '-c', config]);

beforeAll(async () => {
  front = await startPausingFront(server.address);
  config = server.configured('stand-in', front.address);
  await server.guarded({ log: 'production' });
  watching = recordingTerminal();
  exit = run(['rotate', 'production', '--yes', '-c', config], watching);
  await until(() => watching.output.includes('production: stage ...'));
  front.pause('log-production');
});

afterAll(() => front.stop());

it('is open: status says that it runs, who has paused it and how it goes on, and exits with 7', async () => {
  const { code, words } = await said('status', 'production');

  expect(code).toBe(7);
  expect(words).toContain('production: a rotation runs.');
  expect(words).toContain(
    `The workflow log-production of production is paused in Temporal since ${pausedAt} by ada@example.com: look at the database first.`,
  );
  expect(words).toContain(goesOn);
  expect(JSON.parse((await said('status', 'production', '--json')).output)).toMatchObject({
    state: 'running',
    paused: { workflowId: 'log-production', by: 'ada@example.com', since: pausedAt },
  });
});

it('is open also when only its critical section is paused', async () => {
  front.unpause('log-production');
  const section = await server.temporal.workflow.start('recoverUnderLock', {
    workflowId: 'critical-section-production',
    taskQueue: 'stand-in',
    args: ['production'],
  });
  front.pause('critical-section-production');
  const { code, words } = await said('status', 'production');
  front.unpause('critical-section-production');
  front.pause('log-production');
  await section.signal('finish');

  expect(code).toBe(7);
  expect(words).toContain('The workflow critical-section-production of production is paused');
  expect(words).toContain('temporal workflow unpause --workflow-id critical-section-production');
});

it('is told to those who watch it', async () => {
  await until(() => watching.errors.replace(/\s+/g, ' ').includes(`${goesOn}, or Unpause`));
  expect(watching.errors).toContain('Waiting.');
});

it('takes no decision, and says why', async () => {
  const { code, words } = await said('resume', 'production', '--retry', '--who', 'Ada', '--why', 'now');

  expect(code).toBe(3);
  expect(words).toContain('is paused in Temporal');
});

it('is asked to cancel, which it does once it goes on', async () => {
  const { code, words } = await said('cancel', 'production', '--no-wait');

  expect(code).toBe(0);
  expect(words).toContain('It does nothing before it goes on.');
  expect(words).toContain(goesOn);
});

it('tells its watchers that it goes on, and they see it end', async () => {
  front.unpause('log-production');
  // The stand-in ran all the time: the Cancel above has ended it.
  expect(await exit).toBe(4);
  expect((await lock().describe()).status.name).toBe('COMPLETED');
});
