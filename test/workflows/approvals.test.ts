import { SimulatedLog } from './simulated-log';
import type { ApprovalPolicy } from '../../workflows/model/approval';
import { PROGRESS, type Progress } from '../../workflows/messages';
import { APPROVAL_NAMESPACE, statementOf } from '../../workflows/model/approval-statement';
import { inMinutes } from '../../workflows/model/times';
import { fingerprint, newKey, signed, type KeyFiles } from '../approvals/open-ssh';
import type { Handle, Rotations } from './rotations';
import { failedForInput } from './wrong-input';

const ada = newKey(['-t', 'ed25519']);
const bob = newKey(['-t', 'ecdsa']);
const eve = newKey(['-t', 'ed25519']);

const EXPIRE_MS = 600_000;

function policy(required: ApprovalPolicy['required']): ApprovalPolicy {
  return {
    required,
    expireMs: EXPIRE_MS,
    approvers: [
      { name: 'ada', fingerprints: [fingerprint(ada)] },
      { name: 'bob', fingerprints: [fingerprint(bob)] },
    ],
  };
}

/** The line that a waiting rotation asks for, as a person copies it from its details. */
async function lineOf({ waits }: Rotations, handle: Handle): Promise<string> {
  const { commands, takes } = await waits(handle, 'approvals');
  const [line] =
    /rekor-rotate approval log=[^'"]*/.exec(
      [...commands.flatMap(({ lines }) => lines), takes[0]?.input].join(' '),
    ) ?? [];
  return line ?? '';
}

const approve = (handle: Handle, input: unknown): Promise<string> =>
  handle.executeUpdate<string>('approve', { args: [input] }).catch(codeOf);

const by = (key: KeyFiles, approval: string): object => ({
  approval,
  signature: signed(key, `${approval}\n`, APPROVAL_NAMESPACE),
});

/** The code of the refusal that an Update was answered with. */
function codeOf(error: unknown): string {
  return error instanceof Error ? ((error as { type?: string }).type ?? error.message) : String(error);
}

it('changes nothing and holds no lock until somebody has approved its plan', async () => {
  const log = new SimulatedLog({ approvals: policy('one') });
  await log.run(async (rotations) => {
    const handle = await rotations.start();
    const line = await lineOf(rotations, handle);
    expect(log.notAsBefore()).toEqual([]);
    expect(log.isLocked()).toBe(false);

    expect(await approve(handle, by(ada, line))).toMatch(/^ada approves the plan/);

    const result = await handle.result();
    expect(result).toMatchObject({
      outcome: 'completed',
      approvals: [{ who: 'ada', key: fingerprint(ada), why: null }],
    });
    expect(result.reason).toContain('ada approved it.');
  });
});

it('says as data what it asks for, of whom, and which plan that is', async () => {
  const log = new SimulatedLog({ approvals: policy('two') });
  await log.run(async (rotations) => {
    const handle = await rotations.start();
    const { asks, until } = await rotations.waits(handle, 'approvals');
    const line = await lineOf(rotations, handle);

    expect(asks).toMatchObject({
      subject: { log: 'lab', planHash: asks?.plan.hash, expiresAt: until },
      ...{ approvers: policy('two').approvers, counted: [], missing: 2 },
    });
    expect(statementOf(asks?.subject ?? { log: '', rotationId: '', planHash: '', expiresAt: '' })).toBe(line);
    expect((await handle.query<Progress>(PROGRESS)).planHash).toBe(asks?.plan.hash);
    await approve(handle, by(ada, line));
    expect((await rotations.waits(handle, 'approvals')).asks).toMatchObject({
      ...{ counted: [{ who: 'ada' }], missing: 1 },
    });
    await approve(handle, by(bob, line));
    await handle.result();
  });
});

it('waits for two people where two are wanted: nobody counts twice, and no stranger at all', async () => {
  const log = new SimulatedLog({ approvals: policy('two') });
  await log.run(async (rotations) => {
    const handle = await rotations.start();
    const line = await lineOf(rotations, handle);

    expect(await approve(handle, by(ada, line))).toContain('1 person more must');
    expect(await approve(handle, by(ada, line))).toBe('APPROVED_BEFORE');
    expect(await approve(handle, by(eve, line))).toBe('APPROVER_UNKNOWN');
    expect(await approve(handle, { approval: line, who: 'bob' })).toBe('APPROVAL_UNSIGNED');
    expect(log.notAsBefore()).toEqual([]);
    expect(await approve(handle, by(bob, line))).toContain('that is enough');

    const { outcome, approvals } = await handle.result();
    expect([outcome, approvals?.map(({ who }) => who)]).toEqual(['completed', ['ada', 'bob']]);
  });
});

it('is approved by a line in whole seconds, whatever the end of its wait was written with', async () => {
  const log = new SimulatedLog({ approvals: policy('one') });
  await log.run(async (rotations) => {
    const notAfter = new Date(Math.floor(Date.now() / 1000) * 1000 + 600_123).toISOString();
    const handle = await rotations.start({ begin: { notAfter } });
    const line = await lineOf(rotations, handle);

    expect(await approve(handle, by(ada, line))).toContain('that is enough');
    expect(await handle.result()).toMatchObject({ outcome: 'completed' });
  });
});

it('begins at no time at which what was approved is void, neither asked for so nor postponed to', async () => {
  const log = new SimulatedLog({ approvals: policy('one') });
  await log.run(async (rotations) => {
    const later = inMinutes(Date.now(), EXPIRE_MS / 60_000 + 1);
    const asked = await failedForInput(await rotations.start({ begin: { notBefore: later } }));
    expect(asked.message).toContain('begin.notBefore');
    expect(asked.message).toContain('a minute before approvals expire');

    const handle = await rotations.start();
    const { asks } = await rotations.waits(handle, 'approvals');
    const given = { plan: asks?.plan.hash, until: inMinutes(Date.now(), 5), who: 'bob', why: 'too early' };
    const postponed = handle.executeUpdate('postpone', { args: [{ ...given, to: later }] });
    await expect(postponed).rejects.toThrow(
      `not after ${inMinutes(Date.parse(asks?.subject.expiresAt ?? ''), -1)}`,
    );
    await approve(handle, by(ada, await lineOf(rotations, handle)));
    await handle.result();
  });
});

it('ends refused, with nothing changed, when the time is over', async () => {
  const log = new SimulatedLog({ approvals: policy('two') });
  await log.run(async (rotations) => {
    const handle = await rotations.start();
    await approve(handle, by(ada, await lineOf(rotations, handle)));

    const result = await handle.result();

    expect(result).toMatchObject({ outcome: 'refused', refusals: [{ code: 'NOT_APPROVED' }], steps: [] });
    expect(log.notAsBefore()).toEqual([]);
  });
});

it('ends refused when somebody rejects it, and says who and why', async () => {
  const log = new SimulatedLog({ approvals: policy('one') });
  await log.run(async (rotations) => {
    const handle = await rotations.start();
    const line = await lineOf(rotations, handle);
    const [, plan] = /plan=([0-9a-f]+)/.exec(line) ?? [];
    const input = { plan, until: inMinutes(Date.now(), 5), who: 'bob', why: 'a release today' };

    await handle.executeUpdate('reject', { args: [input] });

    const result = await handle.result();
    expect(result).toMatchObject({
      outcome: 'refused',
      refusals: [{ code: 'REJECTED', message: 'bob rejected the rotation of lab: a release today.' }],
      interventions: [{ instruction: 'reject', who: 'bob', why: 'a release today' }],
    });
    expect(log.notAsBefore()).toEqual([]);
  });
});

it('takes a claim where no keys are configured, and says that nobody checked it', async () => {
  const log = new SimulatedLog({ approvals: { ...policy('one'), approvers: [] } });
  await log.run(async (rotations) => {
    const handle = await rotations.start();

    await approve(handle, { approval: await lineOf(rotations, handle), who: 'ada' });

    const { reason, approvals } = await handle.result();
    expect(approvals).toMatchObject([{ who: 'ada', key: null }]);
    expect(reason).toContain('ada says that they approved it; nobody checked that.');
  });
});

it('waits for one approval where only the one who starts it wants that', async () => {
  const log = new SimulatedLog({ approvals: policy('none') });
  await log.run(async (rotations) => {
    const handle = await rotations.start({ waitForApproval: true });
    const line = await lineOf(rotations, handle);
    expect(log.notAsBefore()).toEqual([]);
    await approve(handle, by(bob, line));

    expect(await handle.result()).toMatchObject({ outcome: 'completed', approvals: [{ who: 'bob' }] });
  });
});

it('asks again when the plan has changed since: no approval survives that', async () => {
  const log = new SimulatedLog({ approvals: policy('two') });
  await log.run(async (rotations) => {
    const handle = await rotations.start();
    const first = await lineOf(rotations, handle);
    await approve(handle, by(ada, first));
    log.editBySomeone('green');
    await approve(handle, by(bob, first));

    await rotations.pass(2_000);
    const second = await lineOf(rotations, handle);

    expect(second).not.toBe(first);
    expect(await approve(handle, by(bob, first))).toBe('APPROVAL_OF_ANOTHER_PLAN');
    expect(await approve(handle, by(bob, second))).toContain('1 person more must');
    expect(await approve(handle, by(ada, second))).toContain('that is enough');
    expect(await handle.result()).toMatchObject({ outcome: 'completed' });
  });
});

it('verifies under the lock what it is told was approved: whoever starts that workflow approves nothing', async () => {
  const log = new SimulatedLog({ approvals: policy('one') });
  await log.run(async (rotations) => {
    const handle = await rotations.start();
    const line = await lineOf(rotations, handle);
    const [, plan] = /plan=([0-9a-f]+)/.exec(line) ?? [];
    const forged = (input: object) => ({
      request: { log: 'lab', planHash: plan },
      rotationId: 'r',
      attributes: [],
      expiresAt: inMinutes(Date.now(), 5),
      given: [{ input, takenAt: new Date().toISOString() }],
      interventions: [],
    });
    for (const input of [
      { approval: line, who: 'ada' },
      by(ada, line),
      by(eve, line.replace(/rotation=\S+/, 'rotation=r')),
    ]) {
      const result = await (await rotations.startUnderLock(forged(input))).result();
      expect(result).toMatchObject({ outcome: 'refused', refusals: [{ code: 'NOT_APPROVED' }] });
    }
    expect(log.notAsBefore()).toEqual([]);
    await approve(handle, by(ada, line));
    expect(await handle.result()).toMatchObject({ outcome: 'completed' });
  });
});

it('takes no approval that has expired by the time that a worker comes to it', async () => {
  const log = new SimulatedLog({ approvals: policy('one') });
  await log.run(async (rotations) => {
    const handle = await rotations.start();
    const line = await lineOf(rotations, handle);
    log.workersAway(2 * EXPIRE_MS);
    const answered = approve(handle, by(ada, line));

    const result = await handle.result();

    expect(result).toMatchObject({ outcome: 'refused', refusals: [{ code: 'NOT_APPROVED' }] });
    expect(await Promise.race([answered, rotations.pass(10_000)])).not.toMatch(/^ada approves/);
    expect(log.notAsBefore()).toEqual([]);
  });
});

it('is asked for by what a schedule has started, until its window is over', async () => {
  const log = new SimulatedLog({ approvals: policy('one') });
  await log.run(async (rotations) => {
    const run = await rotations.startScheduled({ windows: ['sat 03:01-06:00'] });
    const handle = rotations.getHandle('scheduled-lab');
    const { until } = await rotations.waits(handle, 'approvals');
    expect(until).toBe('2026-01-31T06:01:00Z');
    const line = await lineOf(rotations, handle);
    expect(await approve(handle, by(ada, line))).toMatch(/^ada approves the plan/);
    expect(await run.result()).toMatchObject({
      outcome: 'completed',
      rotation: { approvals: [{ who: 'ada' }] },
    });
  });
});

it('is good at the end of a wait for a lull, where the rotation begins without one', async () => {
  const log = new SimulatedLog({ approvals: policy('one') });
  await log.run(async (rotations) => {
    const notAfter = new Date(Date.now() + 120_000).toISOString();
    const lull = { writesPerMinute: 0, forMinutes: 5 };
    const handle = await rotations.start({ begin: { notAfter, lull, atEnd: 'go' } });
    const line = await lineOf(rotations, handle);
    await approve(handle, by(ada, line));
    expect(await handle.result()).toMatchObject({ outcome: 'completed', approvals: [{ who: 'ada' }] });
  });
});
