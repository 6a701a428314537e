import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Hold } from '../../gate/hold';
import type { OrderDesk } from '../../gate/order-desk';
import { loadState, readState } from '../../gate/state-file';
import { WriteCounts } from '../../gate/write-counts';
import { aDesk } from './a-desk';
import { TestClock, useStarted } from './support';

/** A gate leaves its orders, and the file that it keeps them in, to another process. */

const started = useStarted();

const REKOR = 'http://127.0.0.1:3001';
const order = { attemptId: 'r1/1', number: 1 };

async function scene(): Promise<{ desk: OrderDesk; hold: Hold; clock: TestClock; file: string }> {
  const clock = new TestClock();
  const counts = new WriteCounts();
  const instances = [REKOR];
  const hold = new Hold({
    clock,
    maxWaitMs: 3_500,
    instances,
    mode: 'pass',
    informed: true,
    figures: null,
    counts,
  });
  const file = join(await started.directory(), 'gate.json');
  const desk = aDesk({
    ...{ hold, counts, file, clock, inquiry: null, process: 'p' },
    saved: {
      mode: 'pass',
      instances,
      attemptId: null,
      number: 0,
      shards: null,
      switching: 'no',
      leaseMs: 0,
      hold: null,
    },
  });
  return { desk, hold, clock, file };
}

describe('the orders of a gate that leaves', () => {
  it('are obeyed while they were given before, and refused afterwards', async () => {
    const { desk, file } = await scene();
    const [before, left, after] = await Promise.allSettled([
      desk.take({ kind: 'switch', order: { ...order, instances: [REKOR] } }),
      desk.leave(),
      desk.take({ kind: 'hold', order: { ...order, number: 2, leaseMs: 1_000 } }),
    ]);
    expect(before).toMatchObject({ value: { accepted: true } });
    expect(left).toMatchObject({ value: true });
    expect(after).toMatchObject({ reason: { message: expect.stringContaining('no more orders') as string } });
    expect(desk.state()).toMatchObject({ mode: 'pass', number: 1 });
    expect(await readState(file)).toMatchObject({ mode: 'pass', number: 1 });
  });

  it('keep it while they hold writes, unless it must go', async () => {
    const { desk, file } = await scene();
    const [, left] = await Promise.all([
      desk.take({ kind: 'hold', order: { ...order, leaseMs: 1_000 } }),
      desk.leave(),
    ]);
    expect(left).toBe(false);
    expect(await desk.take({ kind: 'hold', order: { ...order, leaseMs: 1_000 } })).toMatchObject({
      accepted: true,
    });
    expect(await desk.leave(true)).toBe(true);
    expect(await readState(file)).toMatchObject({ mode: 'hold', number: 1 });
  });

  it('keep it for a second after a hold, so that the figures of it are whole', async () => {
    const { desk, hold, clock, file } = await scene();
    await desk.take({ kind: 'hold', order: { ...order, leaseMs: 60_000 } });
    await desk.take({ kind: 'send', order: { ...order, instances: [REKOR] } });
    clock.advance(999);
    expect(await desk.leave()).toBe(false);
    // The last that is heard of the hold.
    hold.record?.dropped();
    clock.advance(1);
    expect(await desk.leave()).toBe(true);
    expect((await readState(file))?.hold).toMatchObject({ number: 1, dropped: 1 });
  });

  it('are never written over by it, whatever its figures do', async () => {
    const { desk, hold, clock, file } = await scene();
    await desk.take({ kind: 'hold', order: { ...order, leaseMs: 1_000 } });
    const write = hold.admit({
      ...{ arrivedAt: clock.now(), streamed: false, keptBytes: 0 },
      client: { gone: false, onGone: () => () => undefined },
    });
    await desk.take({ kind: 'send', order: { ...order, instances: [REKOR] } });
    const verdict = await write;
    clock.advance(1_000);
    expect(await desk.leave()).toBe(true);
    expect((await readState(file))?.hold).toMatchObject({ number: 1, held: 1 });

    const ofAnother = readFileSync(file, 'utf8').replace('"number": 1,', '"number": 8,');
    writeFileSync(file, ofAnother);
    // What would be saved a while after a hold, and once more when its writes have gone.
    hold.record?.dropped();
    clock.advance(60_000);
    if (verdict.kind === 'go') verdict.pass.end();
    clock.advance(60_000);
    await pause(20);
    expect(await desk.leave(true)).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe(ofAnother);
  });
});

describe('the state file of a gate that has left', () => {
  it('is no matter of its readiness, whatever another process does to it', async () => {
    const { desk, file } = await scene();
    await desk.take({ kind: 'send', order: { ...order, instances: [REKOR] } });
    expect(await desk.stateFault()).toBeNull();
    await desk.leave(true);
    rmSync(file);
    expect(await desk.stateFault()).toBeNull();
    expect(() => readFileSync(file)).toThrow('ENOENT');
  });
});

describe('a gate that only looks at the state', () => {
  it('leaves alone what another process is just writing', async () => {
    const { desk, file } = await scene();
    await desk.take({ kind: 'send', order: { ...order, instances: [REKOR] } });
    const unfinished = join(file, '..', '.gate.json.rekor-rotate-0');
    writeFileSync(unfinished, 'half');
    await readState(file);
    expect(readFileSync(unfinished, 'utf8')).toBe('half');
    await loadState(file);
    expect(() => readFileSync(unfinished)).toThrow('ENOENT');
  });
});
