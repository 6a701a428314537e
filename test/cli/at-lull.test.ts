import { beginningOf, beginningText } from '../../cli/beginning-options';
import { run } from '../../cli/program';
import { recordingTerminal, saidBy, type RecordingTerminal } from './recording-terminal';
import { until } from '../patience';
import { useStandIn } from './stand-in-server';

const server = useStandIn();

const said = (...command: string[]) => saidBy([...command, '-c', server.config]);
const person = ['--who', 'Ada', '--why', 'it is quiet'];

it('waits for a day at most for the quietest quarter of the hours unless told otherwise', () => {
  const now = Date.parse('2026-11-28T03:00:00Z');

  expect(beginningOf({ atLull: true }, now)).toEqual({
    notAfter: '2026-11-29T03:00:00Z',
    lull: { quantile: 0.25, forMinutes: 10 },
    atEnd: 'skip',
  });
  expect(beginningOf({ atLull: true, below: '30', for: '5', until: '2h', atEnd: 'go' }, now)).toEqual({
    notAfter: '2026-11-28T05:00:00Z',
    lull: { writesPerMinute: 30, forMinutes: 5 },
    atEnd: 'go',
  });
});

it.each([
  [['--below', '30'], '--below says which lull to wait for: say --at-lull, too.'],
  [['--at-lull', '--below', '30', '--quantile', '0.1'], 'Say one of --below and --quantile.'],
  [['--at-lull', '--below', 'few'], '--below is few; allowed is a number of writes a minute, such as 30.'],
  [['--at-lull', '--quantile', '25'], '--quantile is 25; allowed is a share of the hours, above 0'],
  [['--at-lull', '--for', '0'], '--for is 0; allowed is a number of minutes, from 1 to 1440.'],
  [['--at-lull', '--until', 'tonight'], '--until is tonight; allowed is a time with its zone'],
  [['--at-lull', '--until', '9000h'], '--until is 9000h, which is 2'],
  [['--at-lull', '--until', '9000h'], 'allowed is at most 31 days ahead.'],
  [['--current-tree', 'abc'], '--current-tree is "abc"; allowed is a tree id'],
  [['--at-lull', '--at-end', 'wait'], '--at-end is wait; allowed are go and skip.'],
])('refuses %j before anything is started', async (options, message) => {
  const { code, words } = await said('rotate', 'production', '--yes', ...options);

  expect(code).toBe(2);
  expect(words).toContain(message);
  expect(words).not.toContain('Plan to rotate');
});

it('takes one minute, one write and one day for one', () => {
  const begin = { lull: { writesPerMinute: 1, forMinutes: 1 }, notAfter: '2026-11-29T03:00:00Z' };
  expect(beginningText(begin, 'UTC')).toContain(': 1 minute with at most 1 write a minute.');
});

it('says what it will wait for before it asks, and that the plan is made anew', async () => {
  const terminal = recordingTerminal({ asks: true, answer: false });
  const { code, words } = await saidBy(['rotate', 'production', '--at-lull', '-c', server.config], terminal);

  expect(code).toBe(3);
  expect(words).toContain('It waits for a lull, until 2');
  expect(words).toContain(
    '10 minutes with as few writes as in the quietest 25 % of its hours. Without one it ends, skipped.',
  );
  expect(words).toContain('The plan is made anew when it begins');
});

describe.each([
  ['a pipe', { redraws: false }],
  ['a terminal', { redraws: true }],
])('watched through %s', (_, kind) => {
  let terminal: RecordingTerminal;

  it('shows what it waits for, and goes on when told', async () => {
    terminal = recordingTerminal(kind);
    const command = ['rotate', 'production', '--yes', '--at-lull', '--below', '30', '-c', server.config];
    const exit = run(command, terminal);
    await until(() => terminal.output.replace(/\s+/g, ' ').includes('Waits for a lull, since 2'));
    await until(async () => (await said('go', 'production', ...person)).code === 0);

    expect(await exit).toBe(0);
    const words = terminal.output.replace(/\s+/g, ' ');
    expect(words).toContain('at most 30 writes a minute');
    expect(words).toContain('rekor-rotate go production --who NAME --why TEXT');
    expect(words).toMatch(/Decided goNow, by Ada/);
  });
});

it('tells a pipe a line when it begins to wait and a line when it ends', async () => {
  const terminal = recordingTerminal();
  const exit = run(['rotate', 'production', '--yes', '--at-lull', '-c', server.config], terminal);
  await until(() => terminal.output.includes('Waits for a lull'));
  await until(async () => (await said('go', 'production', ...person)).code === 0);
  await exit;

  const lines = terminal.output.split('\n').filter((line) => line.startsWith('production: '));
  expect(lines.filter((line) => line.includes('Waits for a lull'))).toHaveLength(1);
  expect(terminal.output).not.toContain('\u001b');
});

it('ends skipped, with an exit code of its own, when no lull comes', async () => {
  const { code, words } = await said('rotate', 'production', '--yes', '--at-lull', '--until', '2s');

  expect(code).toBe(3);
  expect(words).toContain('A rotation of production was skipped; nothing has been changed.');
  expect(words).toContain('(NO_LULL)');
});
