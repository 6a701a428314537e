import { standingBy } from '../../../activities/steps/stand-by';
import { refuse } from '../../../activities/errors/refusal-error';
import { FakeLog, identity, order, someBounds } from '../fake-log';

const input = { identity, release: order.release, waitMs: 1 };
const wanted = (): Promise<boolean> => Promise.resolve(true);

/** A section has closed the current tree, and its worker is lost. */
function closed(): FakeLog {
  const log = new FakeLog();
  log.trees['200'] = { state: 'FROZEN', size: 20 };
  Object.assign(log.gate, { mode: 'hold', number: identity.number, attemptId: 'r/1' });
  return log;
}

describe('a worker that stands by', () => {
  it('gives the current release its writes back, and leaves a next tree that was never opened to another attempt', async () => {
    const log = closed();
    await expect(standingBy(wanted)(log.systems(), input)).resolves.toEqual({ tookBack: true });
    expect(log.done).toEqual(['hold 8', '200 ACTIVE', 'send 8']);
  });

  it('closes a next tree that was opened first, for two must not take writes (rule 3)', async () => {
    const log = closed();
    log.handsOver('200', '300');
    Object.assign(log.trees['300'] ?? {}, { state: 'ACTIVE' });
    await expect(standingBy(wanted)(log.systems(), input)).resolves.toEqual({ tookBack: true });
    expect(log.done).toEqual(['300 DRAINING', '300 FROZEN', 'hold 8', '200 ACTIVE', 'send 8']);
  });

  it('takes nothing back where clients are sent to the next tree', async () => {
    const log = new FakeLog().isExposed();
    await expect(standingBy(wanted)(log.systems(), input)).resolves.toEqual({ tookBack: false });
    expect(log.done).toEqual([]);
  });

  it('opens no current tree where the next one holds an entry of a client (H6)', async () => {
    const log = closed();
    log.handsOver('200', '300', 1);
    Object.assign(log.trees['300'] ?? {}, { state: 'ACTIVE' });
    await expect(standingBy(wanted)(log.systems(), input)).resolves.toEqual({ tookBack: false });
    expect(log.done).toEqual(['300 DRAINING', '300 FROZEN']);
  });

  it('does nothing for an attempt that is not the last any more', async () => {
    const log = closed();
    Object.assign(log.gate, { number: 9, attemptId: 'r/2' });
    await standingBy(wanted)(log.systems(), input);
    expect(log.done).toEqual([]);
  });

  it('leaves a tree closed that somebody else has closed, where the section never held a write (rule 6)', async () => {
    const log = new FakeLog();
    log.trees['200'] = { state: 'FROZEN', size: 20 };
    await expect(standingBy(wanted)(log.systems(), input)).resolves.toEqual({ tookBack: false });
    expect(log.done).toEqual([]);
  });

  it('closes a next tree that it found open until that is proven, however often it is broken off (rule 1)', async () => {
    const log = closed();
    log.handsOver('200', '300');
    Object.assign(log.trees['300'] ?? {}, { state: 'ACTIVE' });
    const systems = log.systems();
    let counted = 0;
    const queueLeafInFlight: typeof systems.metrics.queueLeafInFlight = (signal) => {
      counted += 1;
      if (counted === 1) {
        // Held writes have reached it by an order that landed late, and are not integrated.
        log.handsOver('200', '300', 1);
        const found = { log: 'production', url: 'http://127.0.0.1:1', reason: 'refused' };
        return Promise.reject(refuse('METRICS_UNREACHABLE', found));
      }
      return systems.metrics.queueLeafInFlight(signal);
    };
    const metrics = { ...systems.metrics, queueLeafInFlight };
    const standing = standingBy(wanted)({ ...systems, metrics }, input);
    await expect(standing).resolves.toEqual({ tookBack: false });
    expect(log.done).not.toContain('200 ACTIVE');
  });

  it('does nothing once its workflow has given it up', async () => {
    const log = closed();
    const given = standingBy(() => Promise.resolve(false))(log.systems(), input);
    await expect(given).resolves.toEqual({ tookBack: false });
    expect(log.done).toEqual([]);
  });

  it('does nothing when it is called off before its time', async () => {
    const log = closed();
    const off = new AbortController();
    const bounds = { ...someBounds(), signal: off.signal };
    const standing = standingBy(wanted)({ ...log.systems(), bounds }, { ...input, waitMs: 60_000 });
    const reason = new Error('called off');
    off.abort(reason);
    await expect(standing).rejects.toBe(reason);
    expect(log.done).toEqual([]);
  });

  it('goes on to its end when it is called off too late: half of it would leave the log closed', async () => {
    const log = closed();
    const off = new AbortController();
    const bounds = { ...someBounds(), signal: off.signal };
    const calledOff = (): Promise<boolean> => {
      off.abort();
      return Promise.resolve(true);
    };
    const standing = standingBy(calledOff)({ ...log.systems(), bounds }, input);
    await expect(standing).resolves.toEqual({ tookBack: true });
    expect(log.trees['200']).toMatchObject({ state: 'ACTIVE' });
  });
});
