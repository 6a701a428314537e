import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { setsState } from '../../faults/chosen-calls';
import { activeTrees } from '../../harness/log-state';
import { caughtIn } from '../../harness/moments';
import { inMinutes } from '../../workflows/model/times';
import { criticalSectionId, lockId, ROTATE_LOG, SCHEDULED_ROTATION } from '../../workflows/messages';
import type { RotationResult } from '../../workflows/model/result';
import { newKey, temporaryFolder } from '../approvals/open-ssh';
import { expectAsBefore } from './outcome';
import type { RunPage } from './temporal-ui/run-page';
import { openTemporalUi, type TemporalUi } from './temporal-ui/temporal-ui';
import { useLog } from './use-log';

/** A person at the Temporal UI, with a real browser and a real key: each step of docs/temporal-ui.md. */
describe('in the Temporal UI', () => {
  const key = newKey(['-t', 'ed25519']);
  const log = useLog({
    approvals: { required: 'one', approvers: [{ name: 'Ada', keys: [key.line] }] },
  });
  let ui: TemporalUi;

  // A system without a browser first gets one. The form says whether a worker polls, as it finds it when it is filled in.
  beforeAll(async () => {
    await log.worker.started();
    ui = await openTemporalUi(log.lab.status.temporalUi, 'rekor-rotate');
  }, 900_000);
  afterAll(() => ui.end());
  // What a failed test leaves open would keep the others waiting.
  afterEach(async () => {
    for (const id of started.splice(0)) {
      await log.temporal.workflow
        .getHandle(id)
        .cancel()
        .catch(() => undefined);
    }
  });

  const started: string[] = [];

  async function start(workflowId: string, input: object, picture?: string): Promise<void> {
    started.push(workflowId);
    await ui.start({ workflowId, type: ROTATE_LOG, input: JSON.stringify(input) }, picture);
  }

  const waitsForApproval = /It waits for 1 approval/;

  /** Reads the commands in the details, runs them as they stand there, and gives what they print. */
  async function signedByHand(workflowId: string): Promise<string> {
    const run = ui.run(workflowId);
    await run.details(waitsForApproval);
    const commands = (await run.codeOfDetails()).filter((text) => /^(echo|ssh-keygen|printf) /.test(text));
    expect(commands).toHaveLength(3);
    const home = temporaryFolder();
    const sshFolder = join(home, '.ssh');
    mkdirSync(sshFolder);
    copyFileSync(key.privateFile, join(sshFolder, 'id_ed25519'));
    copyFileSync(key.publicFile, join(sshFolder, 'id_ed25519.pub'));
    return execFileSync('sh', ['-e', '-c', commands.join('\n')], {
      cwd: home,
      env: { ...process.env, HOME: home },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  }

  async function approve(workflowId: string): Promise<void> {
    await ui.run(workflowId).update('approve', await signedByHand(workflowId));
  }

  /** The example of an Update's input that the details show, with what a person writes instead of the dots. */
  async function instruction(workflowId: string, update: string, more: object = {}): Promise<string> {
    const codes = await ui.run(workflowId).codeOfDetails();
    const example = codes[codes.indexOf(update) + 1] ?? '';
    expect(example).toContain('"plan"');
    const written = { until: inMinutes(Date.now(), 30), who: 'Ada', why: 'she has looked' };
    return JSON.stringify({ ...(JSON.parse(example) as object), ...written, ...more });
  }

  /** Tells the rotation that runs to wait after `stage`; for the same plan as another instruction. */
  async function holdAfterStage(other: string): Promise<RunPage> {
    const { plan } = JSON.parse(other) as { plan: string };
    const until = inMinutes(Date.now(), 30);
    const input = { step: 'stage', plan, until, who: 'Ada', why: 'the database is busy' };
    const underLock = ui.run(lockId(log.name));
    await underLock.update('holdAfter', JSON.stringify(input));
    return underLock;
  }

  it('shows the plan and changes nothing when it is started as a dry run', async () => {
    const before = await log.snapshot();
    await start('dry-run', { log: log.name, dryRun: true });
    const run = ui.run('dry-run');
    expect(await run.result()).toContain('"outcome": "planned"');
    await run.details(/ended: planned/);
    expect(await log.snapshot()).toEqual(before);
  });

  it('is started from the form, approved by a pasted signature, and seen to complete', async () => {
    const before = await log.snapshot();
    await log.expectWritable();
    await start('rotate-lab', { log: log.name }, 'start-form');
    const run = ui.run('rotate-lab');
    const waiting = await run.details(waitsForApproval);
    expect(waiting).toContain('Nothing has failed.');
    expect(waiting).toContain('Ada');
    expect(await run.cutOff()).toEqual([]);
    await ui.picture('waits-for-approval', { from: 262, to: 912 });
    expect(await log.snapshot()).toEqual(before);

    await approve('rotate-lab');
    const result = await run.result();
    expect(result).toContain('"outcome": "completed"');
    expect(result).toContain('Ada approved it.');
    await ui.picture('result');
    const ended = await run.details(/ended: completed/);
    expect(ended).toContain('approved by Ada');
    expect(ended).toMatch(/soak: \d+ ms/);
    await ui.picture('ended');

    const underLock = ui.run(lockId(log.name));
    const bars = await underLock.timeline();
    expect(bars).toEqual(
      expect.arrayContaining([
        'createNextTree • createTree: creates the next tree, closed and marked',
        'stage • writes the next release, rehearses its start',
        'critical section: hold, start, freeze, verify, expose (attempt 1)',
        'confirm • verifies the public log, with independent code',
        'settle • makes the next release standing, stops the other',
        'soak • watches tree states and loaded lengths',
      ]),
    );
    await ui.picture('timeline', { from: 690, to: 1050 });
    expect(await ui.run(criticalSectionId(log.name)).details(/ended/)).toContain('the next tree serves');
    const after = await log.snapshot();
    expect(activeTrees(after)).not.toEqual(activeTrees(before));
    await log.expectGoesOn();
  });

  it.each([
    [
      'a log that there is not',
      { log: 'nowhere' },
      /There is no log named \\"nowhere\\" in the configuration, whose logs are lab\./,
    ],
    ['a misspelt field', { lgo: 1 }, /The request's lgo is 1; allowed is nothing: there is no such field/],
    ['a list', ['lab'], /The request's input is \[\\"lab\\"\]; allowed is one JSON object/],
  ])('fails at once with what is wrong with %s, and no stack', async (what, input, says) => {
    const id = `wrong: ${what}`;
    await start(id, input);
    const run = ui.run(id);
    const failure = await run.failure();
    expect(failure).toMatch(says);
    expect(failure).not.toMatch(/\bat .*:\d+/);
    expect(await run.details(/refused, nothing was changed/)).not.toMatch(/\bat .*:\d+/);
    await ui.picture('refused');
  });

  it('says in the dialog why an Update is not taken and what to do, and ends when it is rejected', async () => {
    const before = await log.snapshot();
    await start('rejected-rotation', { log: log.name });
    const run = ui.run('rejected-rotation');
    const approval = JSON.parse(await signedByHand('rejected-rotation')) as { approval: string };
    const reject = await instruction('rejected-rotation', 'reject');

    const notATime = await run.refusedUpdate(
      'reject',
      JSON.stringify({ ...JSON.parse(reject), until: 'tomorrow' }),
    );
    await ui.picture('update-refused');
    expect(notATime).toContain('reject was not taken: until is "tomorrow"; it must be a time in UTC such as');
    const goNow = await run.refusedUpdate('goNow', '{"who": "Ada"}');
    expect(goNow).toContain('goNow was not taken: plan is absent');
    const another = await run.refusedUpdate(
      'approve',
      JSON.stringify({ ...approval, approval: approval.approval.replace(/plan=\w{4}/, 'plan=0000') }),
    );
    expect(another).toMatch(
      /This approves the plan 0000\w+ of lab, but the plan here is \w+\. Look at the plan/,
    );
    const forged = await run.refusedUpdate('approve', JSON.stringify({ ...approval, signature: 'none' }));
    expect(forged).toMatch(/signature/);
    for (const refusal of [notATime, goNow, another, forged]) {
      expect(refusal).not.toMatch(/\bat .*:\d+/);
    }

    await run.update('reject', reject);
    const result = await run.result();
    expect(result).toContain('"outcome": "refused"');
    expect(result).toContain('she has looked');
    expect(await log.snapshot()).toEqual(before);
  });

  it('is postponed, sent on, held after a step, cancelled there, and seen rolled back', async () => {
    const before = await log.snapshot();
    await start('postponed-rotation', { log: log.name });
    const run = ui.run('postponed-rotation');
    await run.details(waitsForApproval);
    const to = inMinutes(Date.now(), 30);
    await run.update('postpone', await instruction('postponed-rotation', 'reject', { to }));
    await approve('postponed-rotation');
    await run.details(/waits for its time/);
    await ui.picture('postponed');
    const goNow = await instruction('postponed-rotation', 'goNow');

    const caught = caughtIn(log, 'stage', await log.serving());
    await run.update('goNow', goNow);
    const held = await caught;
    const underLock = await holdAfterStage(goNow);
    held.release();
    const holds = await underLock.details(/waits for a person who holds it/);
    expect(holds).toContain('Ada holds it after stage: the database is busy.');
    expect(holds).toContain('Cancel takes everything back');
    await ui.picture('held-after-stage');

    await run.requestCancellation();
    const result = await run.result();
    expect(result).toContain('"outcome": "rolledBack"');
    expect(await underLock.details(/ended: rolled back/)).toContain('undo stage');
    await ui.picture('rolled-back');
    expectAsBefore(before, await log.snapshot());
    await log.expectGoesOn();
  });

  it('goes on from where it was held after a step, and is told to try again what it is held by', async () => {
    const { activeTreeId } = await log.serving();
    await start('held-rotation', { log: log.name });
    await ui.run('held-rotation').details(waitsForApproval);
    const goNow = await instruction('held-rotation', 'reject', { why: 'the database is idle again' });
    const caught = caughtIn(log, 'stage', await log.serving());
    await approve('held-rotation');
    const held = await caught;
    const underLock = await holdAfterStage(goNow);
    held.release();
    await underLock.details(/Ada holds it after stage/);
    const unavailable = { code: status.UNAVAILABLE };
    for (const state of ['FROZEN', 'ACTIVE'] as const) {
      log.trillian.when({ method: 'UpdateTree', where: setsState(activeTreeId, state) }).answer(unavailable);
    }
    await underLock.update('goNow', goNow);

    const shown = await underLock.details(/Held: undo freeze/);
    await ui.picture('held');
    expect(shown).toContain('resume');
    const resume = { choice: 'retry', step: 'undo freeze', until: inMinutes(Date.now(), 30) };
    const why = 'Trillian is back';
    await underLock.update('resume', JSON.stringify({ ...resume, who: 'Ada', why }));
    // Only now: it goes on by itself once it can.
    log.clearFaults();
    expect(await ui.run('held-rotation').result()).toContain('"outcome": "completed"');
    const { interventions } = (await log.temporal.workflow
      .getHandle('held-rotation')
      .result()) as RotationResult;
    expect(interventions).toMatchObject([
      { instruction: 'holdAfter', step: 'stage' },
      { instruction: 'goNow', why: 'the database is idle again' },
      { instruction: 'resume', choice: 'retry', step: 'undo freeze', who: 'Ada', why },
    ]);
    await log.expectGoesOn();
  });

  it('follows what it was told without a worker once one is back, unless that is void by then', async () => {
    const before = await log.snapshot();
    await start('told-to-nobody', { log: log.name });
    const run = ui.run('told-to-nobody');
    await run.details(waitsForApproval);
    const late = await instruction('told-to-nobody', 'reject', {
      until: new Date(Date.now() + 1_000).toISOString(),
      why: 'it comes too late',
    });
    const inTime = await instruction('told-to-nobody', 'reject', { why: 'the worker was away' });
    for (const reject of [late, inTime]) {
      // The dialog needs a worker to list the Updates; what it then says is true of Temporal alone.
      await run.update('reject', reject, () => log.worker.stop());
      log.worker.start();
      await log.worker.started();
      if (reject === late) {
        await run.details(waitsForApproval);
      }
    }

    expect(await run.result()).toContain('"outcome": "refused"');
    const ended = (await log.temporal.workflow.getHandle('told-to-nobody').result()) as RotationResult;
    expect(ended.interventions).toMatchObject([{ instruction: 'reject', why: 'the worker was away' }]);
    expect(await log.snapshot()).toEqual(before);
  });

  it('is taken back by the Update rollBack, which keeps who asked for it and why', async () => {
    const before = await log.snapshot();
    await start('unwanted-rotation', { log: log.name });
    await ui.run('unwanted-rotation').details(waitsForApproval);
    const rollBack = await instruction('unwanted-rotation', 'reject', { why: 'a release is due' });
    const caught = caughtIn(log, 'stage', await log.serving());
    await approve('unwanted-rotation');
    const held = await caught;
    await ui.run(lockId(log.name)).update('rollBack', rollBack);
    held.release();
    const result = await ui.run('unwanted-rotation').result();
    expect(result).toContain('"outcome": "rolledBack"');
    expect(result).toContain('Ada asked for it: a release is due.');
    expectAsBefore(before, await log.snapshot());
    await log.expectGoesOn();
  });

  it('of an ended rotation, a Reset asks for approvals again and changes nothing without them', async () => {
    const before = await log.snapshot();
    const run = ui.run('rotate-lab');
    started.push('rotate-lab');
    await run.reset('to see what it does');
    await run.details(waitsForApproval);
    await run.update('reject', await instruction('rotate-lab', 'reject'));
    expect(await run.result()).toContain('"outcome": "refused"');
    expect(await log.snapshot()).toEqual(before);
  });

  it('is started by a schedule that was made there, and triggered', async () => {
    const schedule = ui.schedule('lab-on-sundays');
    await schedule.create({
      type: SCHEDULED_ROTATION,
      // Without a window: whether one is open would be a matter of when the test runs.
      input: JSON.stringify({ log: log.name, due: { entries: 1_000_000 } }),
      workflowId: 'lab-on-sundays',
      cron: 'CRON_TZ=Europe/Berlin 0 3 * * 0',
    });
    expect(await schedule.text()).toContain('Timezone Europe/Berlin');
    const run = await schedule.trigger();
    await ui.picture('schedule');
    const result = await ui.run(run).result();
    expect(result).toContain('"outcome": "skipped"');
    expect(result).toContain('NOT_DUE');
    expect(await ui.run(run).searchAttributes()).toContain('"TemporalScheduledById": "lab-on-sundays"');
    await log.temporal.schedule.getHandle('lab-on-sundays').delete();
  });

  it('is found by its outcome, without a worker', async () => {
    const { activeTreeId } = await log.serving();
    await log.worker.stop();
    // As many of the first ones are shown as the window has room for.
    const columns = [
      'Workflow ID',
      'RekorRotationOutcome',
      'RekorRotationPhase',
      'RekorLog',
      'RekorActiveTree',
    ];
    expect(await ui.list('RekorRotationOutcome="rolledBack"', columns)).toEqual(
      expect.arrayContaining([['unwanted-rotation', 'rolledBack', 'ended', 'lab', activeTreeId]]),
    );
    const all = await ui.list('RekorRotationOutcome IS NOT NULL', columns);
    await ui.picture('outcomes', { from: 50, to: 680 });
    expect(new Set(all.map(([, outcome]) => outcome))).toEqual(
      new Set(['completed', 'planned', 'rolledBack', 'refused']),
    );
    expect(await ui.run('postponed-rotation').searchAttributes()).toContain(
      '"RekorRotationOutcome": "rolledBack"',
    );
  });

  it('has lost nothing in any of these', async () => {
    await log.expectNothingEverLost();
  });
});
