import { SimulatedLog, type Act } from './simulated-log';
import { instanceUrls } from '../../gate/messages';
import { documents, examplesOf, type Example } from '../docs/markdown';
import type { Handle, Rotations } from './rotations';

/**
 * Every JSON object that a document shows is sent to whom it is meant for, as it stands there. Only what a person would fill in
 * is: the name of the log, the hash of the plan, the approval. Times are as far ahead as they were when the examples were
 * written.
 */

/** When the examples of the documents were written. */
const WRITTEN = Date.parse('2026-11-28T03:00:00Z');

type Value = Example['value'];
type Sends = (value: Value) => Promise<void>;

/** An example as somebody sends it now. */
function now(value: Value, filled: object = {}): Value {
  const shift = Date.now() - WRITTEN;
  const moved = JSON.stringify(value).replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z/g, (time) =>
    new Date(Date.parse(time) + shift).toISOString(),
  );
  return { ...(JSON.parse(moved) as Value), ...filled };
}

async function told(handle: Handle, update: string, input: Value): Promise<string> {
  return await handle.executeUpdate<string>(update, { args: [input] });
}

/** Of the plan that would be made now. */
async function planOf({ rotate }: Rotations): Promise<string> {
  const { plan } = await rotate({ dryRun: true });
  return plan?.hash ?? '';
}

/** The plan that what waits asks to be approved, or shows in what it takes. */
async function shownTo(rotations: Rotations, handle: Handle): Promise<{ plan: string; approval: string }> {
  const { takes } = await rotations.waits(handle);
  const inputs = takes.map(({ input }) => input).join(' ');
  const [, plan = ''] = /"plan": ?"(\w+)"/.exec(inputs) ?? [];
  const [approval = ''] = /rekor-rotate approval log=[^"]*/.exec(inputs) ?? [];
  return { plan, approval };
}

function onLog(scene: (value: Value, rotations: Rotations, log: SimulatedLog) => Promise<void>): Sends {
  return async (value) => {
    const log = new SimulatedLog();
    await log.run((rotations) => scene(value, rotations, log));
  };
}

const request = onLog(async (value, { start, waits }) => {
  const { begin, ...asked } = now(value, { log: 'lab' }) as { begin?: { notBefore: string } };
  const handle = await start({ ...asked, ...(begin && { begin }) });
  if (begin) {
    expect(await waits(handle)).toMatchObject({ for: 'time', until: begin.notBefore });
    await handle.cancel();
  }
  const ends = { dryRun: 'planned', rehearse: 'rehearsed' };
  const [, ended = 'completed'] = Object.entries(ends).find(([field]) => field in asked) ?? [];
  const outcome = begin ? 'refused' : ended;
  expect(await handle.result()).toMatchObject({ outcome });
});

const policy = onLog(async (value, { scheduled }) => {
  // The world begins on a Saturday, and the windows are of other days: what it says was understood, and weighed.
  expect(await scheduled(now(value, { log: 'lab' }))).toMatchObject({
    outcome: 'skipped',
    refusals: [{ code: 'NO_WINDOW_OPEN' }],
  });
});

const approve = onLog(async (value, rotations) => {
  const handle = await rotations.start({ waitForApproval: true });
  const { approval } = await shownTo(rotations, handle);
  expect(await told(handle, 'approve', now(value, { approval }))).toContain(
    `${String(value['who'])} approves`,
  );
  expect(await handle.result()).toMatchObject({ outcome: 'completed' });
});

const reject = onLog(async (value, rotations) => {
  const handle = await rotations.start({ waitForApproval: true });
  const { plan } = await shownTo(rotations, handle);
  await told(handle, 'reject', now(value, { plan }));
  expect(await handle.result()).toMatchObject({ outcome: 'refused', refusals: [{ code: 'REJECTED' }] });
});

const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString();

const goNow = onLog(async (value, rotations) => {
  const handle = await rotations.start({ begin: { notBefore: inAnHour() } });
  const { plan } = await shownTo(rotations, handle);
  await told(handle, 'goNow', now(value, { plan }));
  expect(await handle.result()).toMatchObject({
    outcome: 'completed',
    interventions: [{ instruction: 'goNow', who: value['who'], why: value['why'] }],
  });
});

const postpone = onLog(async (value, rotations) => {
  const handle = await rotations.start({ begin: { notBefore: inAnHour() } });
  const { plan } = await shownTo(rotations, handle);
  const input = now(value, { plan });
  await told(handle, 'postpone', input);
  expect(await rotations.waits(handle)).toMatchObject({ until: input['to'] });
  await handle.cancel();
  await handle.result();
});

/** Something is said to the holder of the lock while that creates the next tree. */
function whileItRuns(update: string, then: (rotations: Rotations, handle: Handle) => Promise<void>): Sends {
  return onLog(async (value, rotations, log) => {
    const plan = await planOf(rotations);
    const answered = log.once('createNextTree', async () => {
      await told(rotations.lock, update, now(value, { plan }));
    });
    const handle = await rotations.start();
    await answered;
    await then(rotations, handle);
  });
}

const rollBack = whileItRuns('rollBack', async (_rotations, handle) => {
  expect(await handle.result()).toMatchObject({
    outcome: 'rolledBack',
    interventions: [{ instruction: 'rollBack' }],
  });
});

const holdAfter = whileItRuns('holdAfter', async ({ lock, waits }, handle) => {
  expect(await waits(lock, 'person')).toMatchObject({
    text: expect.stringMatching(/holds it after stage/) as string,
  });
  await handle.cancel();
  expect(await handle.result()).toMatchObject({
    outcome: 'rolledBack',
    interventions: [{ instruction: 'holdAfter', step: 'stage' }],
  });
});

const resume = onLog(async (value, { start, held, lock }, log) => {
  const failing: readonly Act[] = ['expose', 'allowWritesToCurrent'];
  failing.forEach((act) => log.fail(act, 'before'));
  const handle = await start();
  expect((await held()).step).toBe(value['step']);
  log.faults.splice(1);
  await told(lock, 'resume', now(value));
  expect(await handle.result()).toMatchObject({
    outcome: 'rolledBack',
    interventions: [{ instruction: 'resume', choice: value['choice'], step: value['step'] }],
  });
});

/** A part of an order to the gate. */
const instances: Sends = ({ instances: given }) => {
  expect(instanceUrls.parse(given)).toEqual(given);
  return Promise.resolve();
};

/** Who each example is for. */
const meant: Readonly<Record<string, Readonly<Record<string, Sends>>>> = {
  'README.md: log': { request },
  'docs/approvals.md: approval, who': { approve },
  'docs/doctor.md: log, rehearse': { request },
  'docs/gate.md: instances': { instances },
  'docs/operating.md: choice, step, until, who, why': { resume },
  'docs/operating.md: dryRun, log': { request },
  'docs/operating.md: log': { request },
  'docs/refusals.md: log': { request },
  'docs/schedules.md: due, log, timeZone, windows': { policy },
  'docs/temporal-ui.md: due, log, timeZone, windows': { policy },
  'docs/temporal-ui.md: log': { request },
  'docs/waiting.md: begin, log': { request },
  'docs/waiting.md: choice, step, until, who, why': { resume },
  'docs/waiting.md: plan, step, until, who, why': { holdAfter },
  'docs/waiting.md: plan, to, until, who, why': { postpone },
  'docs/waiting.md: plan, until, who, why': { goNow, reject, rollBack },
};

const examples = documents.flatMap(examplesOf);

it('knows of every example in the documents whom it is for', () => {
  expect([...new Set(examples.map(({ name }) => name))].sort()).toEqual(Object.keys(meant));
});

describe.each(examples)('$name', ({ name, value }) => {
  it.each(Object.entries(meant[name] ?? {}))('is taken as %s', async (_update, sends) => {
    await sends(value);
  });
});
