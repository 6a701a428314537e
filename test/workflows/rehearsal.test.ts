import { CURRENT_TREE, SimulatedLog, type Act, type When } from './simulated-log';
import { failedForInput } from './wrong-input';

const rehearse = { rehearse: true };

describe('a rehearsal', () => {
  it('ends with a forecast, and leaves nothing but a closed tree', async () => {
    const log = new SimulatedLog();
    const result = await log.run(({ rotate }) => rotate(rehearse));
    expect(result).toMatchObject({
      kind: 'rehearsal',
      outcome: 'rehearsed',
      attempts: 1,
      currentTree: { treeId: CURRENT_TREE },
      leftTrees: [log.nextTree()],
      forecast: { fits: true, criticalSectionMs: 2_500 },
      tellDownstream: [],
    });
    expect(result.steps.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      'done createTree',
      'done stage',
      'done rehearse',
      'undone stage',
      'undone createTree',
    ]);
    expect(log.notAsBefore()).toEqual([]);
    expect(log.state(log.nextTree())).toBe('FROZEN');
    expect(log.active()).toEqual([CURRENT_TREE]);
  });

  it('never opens a second tree, and gives no order that moves a client', async () => {
    const log = new SimulatedLog();
    const active = new Set<string>();
    log.onCall = () => active.add(log.active().join());
    await log.run(({ rotate }) => rotate(rehearse));
    expect([...active]).toEqual([CURRENT_TREE]);
    expect(log.calls).not.toContain('hold');
    expect(log.serving()).toBe('blue');
  });

  it('does not wait for writes of clients, which go on beside it', async () => {
    const log = new SimulatedLog();
    const result = await log.run(async ({ start }) => {
      const rehearsal = await start(rehearse);
      await log.once('start', () => (log.world.trillian.strangersInFlight = () => 1), 'after');
      return await rehearsal.result();
    });
    expect(result.outcome).toBe('rehearsed');
  });

  it('is followed by a rotation, which takes another tree', async () => {
    const log = new SimulatedLog();
    const result = await log.run(async ({ rotate }) => {
      await rotate(rehearse);
      return await rotate();
    });
    const [rehearsed, next] = log.nextTrees();
    expect(result).toMatchObject({ kind: 'rotation', outcome: 'completed', nextTree: { treeId: next } });
    expect(log.state(rehearsed ?? '')).toBe('FROZEN');
  });

  it('needs nobody to approve it: what is approved is a rotation', async () => {
    const log = new SimulatedLog({
      approvals: { required: 'two', expireMs: 60_000, approvers: [] },
    });
    const result = await log.run(({ rotate }) => rotate(rehearse));
    expect(result.outcome).toBe('rehearsed');
  });

  it.each(
    (['createNextTree', 'stage', 'start'] as const).flatMap((act): [Act, When][] => [
      [act, 'before'],
      [act, 'after'],
    ]),
  )('leaves everything as before when %s fails %s its effect', async (act, when) => {
    const log = new SimulatedLog();
    log.fail(act, when);
    const result = await log.run(({ rotate }) => rotate(rehearse));
    expect(result).toMatchObject({ kind: 'rehearsal', outcome: 'rolledBack' });
    expect(log.notAsBefore()).toEqual([]);
  });

  it.each(['discard', 'retireNextTree'] as const)(
    'leaves everything as before when the undo %s fails after its effect and runs twice',
    async (act) => {
      const log = new SimulatedLog();
      log.fail(act, 'after', 1);
      const result = await log.run(({ rotate }) => rotate(rehearse));
      expect(result.outcome).toBe('rehearsed');
      expect(log.notAsBefore()).toEqual([]);
    },
  );

  it('is taken back by a Cancel', async () => {
    const log = new SimulatedLog();
    const result = await log.run(async ({ start, cancel }) => {
      const rehearsal = await start(rehearse);
      await log.once('start', cancel, 'after');
      return await rehearsal.result();
    });
    expect(result).toMatchObject({ outcome: 'rolledBack', refusals: [{ code: 'CANCELLED' }] });
    expect(log.notAsBefore()).toEqual([]);
  });

  it('is recovered like a rotation when it is lost', async () => {
    const log = new SimulatedLog();
    const result = await log.run(async (rotations) => {
      const rehearsal = await rotations.start(rehearse);
      await log.once('start', () => rotations.lock.terminate('lost'), 'after');
      await rehearsal.result().catch(() => undefined);
      return await rotations.recover();
    });
    expect(result).toMatchObject({ kind: 'recovery', outcome: 'rolledBack' });
    expect(log.notAsBefore()).toEqual([]);
  });

  it.each([
    ['dryRun', true],
    ['waitForApproval', true],
    ['begin', { notBefore: '2030-01-01T00:00:00Z' }],
  ] as const)('is refused beside %s, which is about a rotation that will be', async (field, value) => {
    const log = new SimulatedLog();
    const failure = await log.run(async ({ start }) =>
      failedForInput(await start({ ...rehearse, [field]: value })),
    );
    expect(failure.code).toBe('REQUEST_INVALID');
    expect(failure.message).toContain(`${field} is `);
    expect(failure.message).toContain('nothing beside "rehearse": true');
  });
});
