import { run } from '../../cli/program';
import { recordingTerminal, saidBy } from './recording-terminal';
import { until } from '../patience';
import { useStandIn } from './stand-in-server';

const server = useStandIn();

const lock = () => server.temporal.workflow.getHandle('log-production');
const person = ['--who', 'Ada', '--why', 'the signer is gone for good', '-c'];

const resume = (...options: string[]) =>
  saidBy(['resume', 'production', ...options, ...person, server.config]);

it('has nothing to resume when nothing runs, and knows no other log', async () => {
  const nothing = await resume('--retry');
  expect(nothing).toMatchObject({ code: 3 });
  expect(nothing.errors).toContain('Nothing of production runs');
  const another = recordingTerminal();
  expect(await run(['resume', 'prodution', '--retry', ...person, server.config], another)).toBe(2);
  expect(another.errors).toContain('(UNKNOWN_LOG)');
});

it.each([[[]], [['--retry', '--skip']]])('wants exactly one decision, not %j', async (choices) => {
  const { code, errors } = await resume(...choices);

  expect(code).toBe(2);
  expect(errors).toContain('Say one of --retry, --skip and --give-up.');
});

it('wants to know who and why', async () => {
  const terminal = recordingTerminal();

  expect(await run(['resume', 'production', '--retry', '-c', server.config], terminal)).toBe(2);
  expect(terminal.errors).toContain('--who');
  expect(terminal.errors).toContain('--why');
  expect(terminal.errors).not.toContain('--give-up');
});

it.each([
  ['resume', ['LOG', '--retry, --skip and --give-up', '--who NAME', '--why TEXT']],
  ['rotate', ['LOG', '--yes']],
  ['recover', ['LOG', '--yes']],
  ['prune --all', ['LOG', '--yes']],
])('says all that %s is missing at once', async (command, missing) => {
  const terminal = recordingTerminal();

  expect(await run([...command.split(' '), '-c', server.config], terminal)).toBe(2);
  for (const one of missing) {
    expect(terminal.errors).toContain(one);
  }
  expect(terminal.errors.split('\n').filter((line) => line.startsWith('  - '))).toHaveLength(missing.length);
});

describe('a rotation that is held', () => {
  let watching: ReturnType<typeof recordingTerminal>;
  let exit: Promise<number>;

  beforeAll(async () => {
    watching = recordingTerminal();
    exit = run(['rotate', 'production', '--yes', '-c', server.config], watching);
    await until(() => watching.output.includes('production: stage ...'));
  });

  it('refuses a decision as long as nothing is held', async () => {
    const { code, errors } = await resume('--retry');

    expect(code).toBe(3);
    expect(errors).toContain('Nothing is held: the rotation goes on by itself');
  });

  it('tells its watchers what it is held by and what they can do', async () => {
    await lock().signal('hold', ['retry', 'giveUp']);
    await until(() => watching.output.includes('Held: undo freeze'));

    expect(watching.output).toContain('(TRILLIAN_UNREACHABLE)');
    expect(watching.output).toContain('current tree 200: DRAINING');
    expect(watching.output).toContain('rekor-rotate resume production --give-up --who NAME --why TEXT');
  });

  it('is shown by status: what is there, what would finish it, what can be decided, what Cancel would do', async () => {
    const terminal = recordingTerminal();
    await run(['status', 'production', '-c', server.config], terminal);

    expect(terminal.output).toContain('Held: undo freeze, after 4 tries');
    expect(terminal.output).toContain(
      '\n  updatetree --admin_server=trillian.example.com:8090 --tree_id=200',
    );
    expect(terminal.output).toContain('--retry --who NAME');
    expect(terminal.output).not.toContain('--skip --who NAME');
    expect(terminal.output).toContain('Cancel takes everything back');
    const json = recordingTerminal();
    await run(['status', 'production', '--json', '-c', server.config], json);
    expect(JSON.parse(json.output)).toMatchObject({
      state: 'running',
      what: 'rotation',
      progress: { held: { step: 'undo freeze', tries: 4 }, cancelDoes: 'rollBack' },
    });
  });

  it('refuses a choice that it does not offer, in its own words', async () => {
    const { code, errors } = await resume('--skip');

    expect(code).toBe(3);
    expect(errors).toContain('choice is "skip"; it must be one of retry, giveUp for undo freeze.');
  });

  it('takes a decision, and ends held with an exit code of its own when it is given up', async () => {
    const { code, output } = await resume('--give-up');

    expect(code).toBe(0);
    expect(output).toContain('Told log-production to end the rotation here, as held: undo freeze.');
    expect(await exit).toBe(6);
    expect(watching.output).toContain('The rotation of production is held');
    expect(watching.output.replace(/\s+/g, ' ')).toContain('by Ada at 2026-01-31T03:20:00Z');
  });
});
