import { randomUUID } from 'node:crypto';
import { run } from '../../cli/program';
import type { LogStatus } from '../../cli/log-status';
import type { RotationResult } from '../../workflows/model/result';
import type { StandInRequest } from './stand-in-workflows';
import { recordingTerminal, saidBy } from './recording-terminal';
import { until } from '../patience';
import { useStandIn } from './stand-in-server';

const server = useStandIn();

const said = (...command: string[]) => saidBy([...command, '-c', server.config]);
const person = ['--who', 'Ada', '--why', 'a release today'];
const ahead = (ms: number): string => new Date(Date.now() + ms).toISOString();

/** A rotation that waits, and what it is called. */
async function waiting(request: Partial<StandInRequest> = {}) {
  const handle = await server.temporal.workflow.start<() => Promise<RotationResult>>('rotateLog', {
    workflowId: `waits-${randomUUID()}`,
    taskQueue: 'stand-in',
    args: [{ log: 'production', begin: { notBefore: ahead(3_600_000) }, ...request }] as unknown as [],
  });
  const progress = await untilWaits(handle.workflowId);
  return { handle, id: progress };
}

/** Waits until a workflow says that it waits; gives its rotation id. Lists of workflows are some moments behind. */
async function untilWaits(workflowId: string): Promise<string> {
  let id = '';
  await until(async () => {
    const {
      state,
      others = [],
      ...one
    } = JSON.parse((await said('status', 'production', '--json')).output) as LogStatus;
    const shown = [...(state === 'never' || state === 'ended' ? [] : [one]), ...others];
    const found = shown.find((other) => other.workflowId === workflowId)?.progress;
    id = found?.waiting ? (found.rotationId ?? '') : '';
    return id !== '';
  });
  return id;
}

const widest = (text: string): number =>
  Math.max(
    ...text
      .split('\n')
      .filter((line) => !line.startsWith('  rekor-rotate '))
      .map((line) => line.length),
  );

it.each([
  ['go', 'waits to begin or runs'],
  ['postpone --to 2h', 'waits to begin'],
  ['reject', 'waits to begin'],
  ['hold --after stage --until 1h', 'waits to begin or runs'],
])('%s has nobody to tell when nothing is open, and knows no other log', async (command, words) => {
  const [name = '', ...options] = command.split(' ');
  const nothing = await said(name, 'production', ...options, ...person);
  const another = await said(name, 'prodution', ...options, ...person);

  expect(nothing).toMatchObject({ code: 3 });
  expect(nothing.words).toContain(`No rotation of production ${words}: there is nobody to tell.`);
  expect(another).toMatchObject({ code: 2 });
  expect(another.words).toContain('(UNKNOWN_LOG)');
});

it.each([
  ['go', ['LOG', '--who NAME', '--why TEXT']],
  ['reject', ['LOG', '--who NAME', '--why TEXT']],
  ['postpone', ['LOG', '--to TIME', '--who NAME', '--why TEXT']],
  ['hold', ['LOG', '--after STEP', '--until TIME', '--who NAME', '--why TEXT']],
])('says all that %s is missing at once', async (command, missing) => {
  const { code, errors } = await said(command);

  expect(code).toBe(2);
  missing.forEach((one) => expect(errors).toContain(one));
  expect(errors.split('\n').filter((line) => line.startsWith('  - '))).toHaveLength(missing.length);
});

it('refuses a time without its zone, and says what is allowed', async () => {
  const { code, words } = await said('postpone', 'production', '--to', '2026-11-28T05:00', ...person);

  expect(code).toBe(2);
  expect(words).toContain('--to is 2026-11-28T05:00; allowed is a time with its zone, such as');
});

it('postpones a rotation and lets it go, each with who and why in its result', async () => {
  const { handle } = await waiting();
  const postponed = await said('postpone', 'production', '--to', '2h', ...person);
  const status = await said('status', 'production');

  expect(postponed.code).toBe(0);
  expect(postponed.words).toMatch(/20260131T030000Z-\w+: It does not begin before \d{4}-/);
  expect(status.words).toContain('Waits for its time, since 2');
  expect(status.words).toMatch(/\+0[12]:00 \(\d{4}-\d\d-\d\dT[\d:]+Z\) at most\. Nothing has failed\./);
  expect(status.output).toContain('  rekor-rotate go production --who NAME --why TEXT');
  expect(widest(status.output)).toBeLessThanOrEqual(80);
  expect(await said('go', 'production', ...person)).toMatchObject({ code: 0 });
  expect(await handle.result()).toMatchObject({
    outcome: 'completed',
    interventions: [
      { instruction: 'postpone' },
      { instruction: 'goNow', who: 'Ada', why: 'a release today' },
    ],
  });
});

it('prints each refusal of the workflow in one message with its code, and exits with 3', async () => {
  const { handle } = await waiting({ begin: { notBefore: ahead(60_000), notAfter: ahead(3_600_000) } });
  const late = await said('postpone', 'production', '--to', '5h', ...person);
  const none = await said('reject', 'production', ...person);

  expect(late).toMatchObject({ code: 3, output: '' });
  expect(late.words).toMatch(
    /^ postpone was not taken: --to is "[^"]+"; it must be .* not after .*: it was asked not to begin after that\. .* \(INSTRUCTION_REFUSED\) $/,
  );
  expect(none).toMatchObject({ code: 3 });
  expect(none.words).toContain('reject was not taken: It does not wait for approvals now.');
  await said('go', 'production', ...person);
  await handle.result();
});

it('wants to know which one when several wait, and tells that one alone', async () => {
  const one = await waiting();
  const other = await waiting();
  const which = await said('go', 'production', ...person);
  const wrong = await said('go', 'production', '--rotation', 'x', ...person);

  expect(which.code).toBe(2);
  expect(which.words).toContain('2 of production are open. Say which one with --rotation ID');
  expect(which.words).toContain(`${one.id}: started at`);
  expect(which.words).toContain(`${other.id}: started at`);
  expect(wrong).toMatchObject({ code: 3 });
  expect(wrong.words).toContain('with the id x');
  expect((await said('status', 'production')).words).toContain(`Also ${one.id}: Waits for its time`);
  expect(await said('go', 'production', '--rotation', one.id, ...person)).toMatchObject({ code: 0 });
  expect(await one.handle.result()).toMatchObject({ outcome: 'completed' });
  expect((await said('cancel', 'production', '--rotation', other.handle.workflowId)).words).toContain(
    'was cancelled',
  );
  expect(await other.handle.result()).toMatchObject({ outcome: 'refused' });
});

it('says what it still waits for when it is let go while it waits for approvals', async () => {
  const { handle } = await waiting({ begin: {}, waitForApproval: true });
  const { code, words } = await said('go', 'production', ...person);
  await said('reject', 'production', ...person);

  expect(code).toBe(0);
  expect(words).toContain('It still waits for approvals of its plan: `rekor-rotate approve` gives one.');
  expect(await handle.result()).toMatchObject({ outcome: 'refused' });
});

it('says of a worker that is away that it was told nothing', async () => {
  const handle = await server.temporal.workflow.start('rotateLog', {
    workflowId: `nobody-${randomUUID()}`,
    taskQueue: 'nobody-polls-this',
    args: [{ log: 'production' }],
  });
  await until(async () => (await said('go', 'production', ...person)).code === 1);
  const { words } = await said('go', 'production', ...person);
  await handle.terminate();

  expect(words).toContain(`No worker answers for ${handle.workflowId}.`);
});

describe('a rotation that runs', () => {
  let exit: Promise<number>;

  beforeAll(async () => {
    const watching = recordingTerminal();
    exit = run(['rotate', 'production', '--yes', '-c', server.config], watching);
    await until(() => watching.output.includes('production: stage ...'));
  });

  it('is held after a step until a time', async () => {
    const { code, words } = await said('hold', 'production', '--after', 'stage', '--until', '1h', ...person);

    expect(code).toBe(0);
    expect(words).toContain('It waits after stage until `rekor-rotate go`, at most until ');
  });

  it.each([
    [
      ['hold', '--after', 'freeze', '--until', '1h'],
      '--after is "freeze"; allowed is one of createTree, stage, confirm',
      2,
    ],
    [['hold', '--after', 'stage', '--until', '2026-11-28T05:00Z'], 'which has passed', 2],
    [['hold', '--after', 'stage', '--until', '48h'], '--until is 48h, which is 2', 2],
    [['hold', '--after', 'stage', '--until', '48h'], 'allowed is at most 24 hours ahead.', 2],
    [['go'], 'go was not taken: It waits for nothing that `rekor-rotate go` could end.'],
  ])('refuses %j', async ([name = '', ...options], message, code = 3) => {
    const told = await said(name, 'production', ...options, ...person);

    expect(told.code).toBe(code);
    expect(told.words).toContain(message);
  });

  it('is not taken back by half of who and why', async () => {
    const { code, words } = await said('cancel', 'production', '--who', 'Ada');

    expect(code).toBe(2);
    expect(words).toContain('Say both, --who NAME and --why TEXT, or neither.');
  });

  it('is taken back with who and why', async () => {
    const { code, words } = await said('cancel', 'production', ...person);

    expect(code).toBe(0);
    expect(words).toContain('It takes everything back');
    expect(words).toContain('was rolled back');
    expect(await exit).toBe(4);
  });

  it('is not taken back, by whomever, once it can only be finished', async () => {
    const watching = recordingTerminal();
    exit = run(['rotate', 'production', '--yes', '-c', server.config], watching);
    await until(() => watching.output.includes('production: stage ...'));
    const lock = server.temporal.workflow.getHandle('log-production');
    await lock.signal('settle');
    const { code, words } = await said('cancel', 'production', ...person);
    await lock.signal('finish');

    expect(code).toBe(3);
    expect(words).toContain('cancel was not taken: Cancel does nothing any more');
    expect(words).toContain('`rekor-rotate status`');
    expect(words).not.toContain('again');
    expect(await exit).toBe(0);
  });
});
