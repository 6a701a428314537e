import type { ActivityBounds } from '../../../activities/bounds/activity-bounds';
import { refuse } from '../../../activities/errors/refusal-error';
import type { PastWrites } from '../../../activities/past-writes';
import { type WatchClock, watchWrites } from '../../../activities/steps/write-rate';
import type { BoundSystems } from '../../../activities/systems';
import type { WritesWatched } from '../../../workflows/model/lull';
import { FakeLog, someBounds } from '../fake-log';
import { refused, rejected } from '../refused';
import { InMemory } from '../traffic/in-memory';

const MINUTE = 60_000;
const BEGAN = Date.parse('2026-11-28T02:00:00.000Z');
const SINCE = '2026-11-28T00:00:00.000Z';

/** A watch of one log, in a time of its own; `each` happens before each count. */
class Watch {
  readonly log = new FakeLog();
  now = BEGAN;
  pauses = 0;
  kept: unknown;
  each: () => void = () => undefined;
  pastWrites: PastWrites = { ofWeek: () => Promise.reject(new Error('nobody asked for the past')) };
  withoutGate = false;
  /** Whether the gate is away. */
  away: () => boolean = () => false;
  readonly #stop = new AbortController();

  constructor() {
    this.log.writes = { since: SINCE, accepted: 0, failed: 0, callMs: null, calls: null };
  }

  get seconds(): number {
    return (this.now - BEGAN) / 1000;
  }

  writes(more: number): void {
    const { since = SINCE, accepted = 0, failed = 0 } = this.log.writes ?? {};
    this.log.writes = { since, accepted: accepted + more, failed, callMs: null, calls: null };
  }

  stop(): void {
    this.#stop.abort(new Error('cancelled'));
  }

  run(lull: Parameters<typeof watchWrites>[1]['lull'], forAtMostMs = 60 * MINUTE): Promise<WritesWatched> {
    const bounds: ActivityBounds = {
      ...someBounds(),
      ...{ signal: this.#stop.signal, remainingMs: () => forAtMostMs + 30_000, kept: this.kept },
      keep: (state) => {
        // As it comes back from Temporal.
        this.kept = JSON.parse(JSON.stringify(state));
      },
    };
    const clock: WatchClock = {
      now: () => this.now,
      pause: (ms, signal) => {
        this.now += ms;
        this.pauses += 1;
        if (this.pauses > 100_000) throw new Error('it watches for ever');
        this.each();
        signal.throwIfAborted();
        return Promise.resolve();
      },
    };
    const systems: BoundSystems = { ...this.log.systems(), bounds, pastWrites: this.pastWrites };
    const gate: BoundSystems['traffic'] = {
      ...systems.traffic,
      writes: (signal) =>
        this.away()
          ? Promise.reject(refuse('GATE_UNREACHABLE', { log: 'production', url: '', reason: 'it is away' }))
          : systems.traffic.writes(signal),
    };
    const traffic = this.withoutGate
      ? { ...new InMemory([]).traffic, state: (signal: AbortSignal) => systems.traffic.state(signal) }
      : gate;
    return watchWrites({ ...systems, traffic }, { log: 'production', lull, forAtMostMs }, clock);
  }
}

let watch: Watch;
beforeEach(() => (watch = new Watch()));

const tenForFive = { writesPerMinute: 10, forMinutes: 5 };

it('ends as soon as the last minutes were quiet, and says what it saw', async () => {
  watch.each = () => {
    if (watch.seconds <= 600) watch.writes(5);
  };
  const seen = await watch.run(tenForFive);
  expect(seen).toEqual({
    ...{ lull: true, writesPerMinute: 10, mostPerMinute: 10, countedBy: 'gate', unread: null },
    // 60 a minute until 600 s; 50 writes are left in the last 300 s when 50 s of it were busy.
    ...{ from: new Date(BEGAN).toISOString(), to: new Date(BEGAN + 850_000).toISOString() },
  });
});

it('says after its time what it saw, when it never was quiet', async () => {
  watch.each = () => watch.writes(1);
  expect(await watch.run(tenForFive, 20 * MINUTE)).toMatchObject({
    ...{ lull: false, writesPerMinute: 12, countedBy: 'gate', unread: null },
    to: new Date(BEGAN + 20 * MINUTE).toISOString(),
  });
  expect(await new Watch().run(tenForFive, 4 * MINUTE)).toMatchObject({ lull: false, writesPerMinute: null });
});

it('counts what failed with what was accepted: an outage is no lull', async () => {
  watch.each = () => {
    watch.log.writes = {
      since: SINCE,
      accepted: 7,
      failed: (watch.log.writes?.failed ?? 0) + 1,
      callMs: null,
      calls: null,
    };
  };
  expect(await watch.run(tenForFive)).toMatchObject({ lull: false, writesPerMinute: 12 });
});

describe('begins its minutes anew, so that nothing looks like a lull that is none:', () => {
  /** What happens once, at four of the five minutes, to a log to which nobody writes. */
  const cases: Record<string, (watch: Watch) => void> = {
    'a restart of the gate': ({ log }) =>
      (log.writes = { since: `${SINCE}Z`, accepted: 0, failed: 0, callMs: null, calls: null }),
    'a machine that slept': (slept) => (slept.now += 30_000),
    'a clock that was set back': (set) => (set.now -= 90_000),
  };
  it.each(Object.entries(cases))('%s', async (_, happens) => {
    let at = NaN;
    watch.each = () => {
      if (watch.pauses !== 48) return;
      happens(watch);
      at = watch.now;
    };
    const { lull, to } = await watch.run(tenForFive);
    expect(lull).toBe(true);
    expect(Date.parse(to) - at).toBe(300_000);
  });

  it('a count that could not be read', async () => {
    watch.away = () => watch.pauses === 48;
    const { lull, to, unread: reason } = await watch.run(tenForFive);
    expect([lull, reason, Date.parse(to) - BEGAN]).toEqual([true, null, 245_000 + 300_000]);
  });

  it('a change of the current tree, where the tree counts', async () => {
    watch.withoutGate = true;
    watch.each = () => {
      if (watch.pauses === 48) watch.log.isExposed();
    };
    const { lull, to, countedBy } = await watch.run(tenForFive);
    expect([lull, countedBy, Date.parse(to) - BEGAN]).toEqual([true, 'tree', 240_000 + 300_000]);
  });
});

it('counts the entries of the current tree where no gate counts, or one cannot say', async () => {
  const grows = (): void => {
    const tree = watch.log.trees['200'];
    if (tree) tree.size += 1;
  };
  watch.withoutGate = true;
  watch.each = grows;
  expect(await watch.run(tenForFive)).toMatchObject({ lull: false, writesPerMinute: 12, countedBy: 'tree' });
  watch = new Watch();
  watch.log.writes = null;
  watch.each = grows;
  expect(await watch.run(tenForFive)).toMatchObject({ lull: false, writesPerMinute: 12, countedBy: 'tree' });
});

it('says at the end why nobody could be asked', async () => {
  watch.withoutGate = true;
  watch.each = () => {
    delete watch.log.trees['200'];
  };
  expect(await watch.run(tenForFive)).toMatchObject({
    ...{ lull: false, writesPerMinute: null, countedBy: null },
    unread: { code: 'TREE_UNKNOWN' },
  });
});

it('goes on in another try where the one before it ended, and not beyond its time', async () => {
  watch.each = () => {
    if (watch.seconds === 240) watch.stop();
  };
  expect(String(await rejected(watch.run(tenForFive)))).toContain('cancelled');
  const next = new Watch();
  next.kept = watch.kept;
  next.now = watch.now + 5_000;
  const { lull, from, to } = await next.run(tenForFive);
  expect([lull, from, to]).toEqual([
    true,
    new Date(BEGAN).toISOString(),
    new Date(BEGAN + 300_000).toISOString(),
  ]);

  const late = new Watch();
  late.kept = watch.kept;
  late.now = BEGAN + 58 * MINUTE;
  expect(await late.run(tenForFive)).toMatchObject({
    ...{ lull: false, writesPerMinute: null, to: new Date(BEGAN + 60 * MINUTE).toISOString() },
  });
});

it('begins from nothing with what it does not understand', async () => {
  watch.kept = { samples: 'none' };
  expect(await watch.run(tenForFive)).toMatchObject({ lull: true, from: new Date(BEGAN).toISOString() });
});

describe('a quantile', () => {
  const quietestTenth = { quantile: 0.1, forMinutes: 5 };
  let asked: number;
  beforeEach(() => {
    asked = 0;
    watch.pastWrites = {
      ofWeek: () => {
        asked += 1;
        return Promise.resolve(Array.from({ length: 100 }, (_, hour) => hour + 1));
      },
    };
  });

  it("is of the log's own hours, which are read once, whoever goes on", async () => {
    watch.each = () => {
      if (watch.seconds <= 600) watch.writes(5);
      if (watch.seconds === 300) watch.stop();
    };
    await rejected(watch.run(quietestTenth));
    const next = new Watch();
    next.kept = watch.kept;
    next.now = watch.now;
    next.log.writes = watch.log.writes;
    expect(await next.run(quietestTenth)).toMatchObject({ lull: true, mostPerMinute: 10 });
    expect(asked).toBe(1);
  });

  it('ends the watch where the log is too young to know it', async () => {
    watch.pastWrites = {
      ofWeek: () => Promise.reject(refuse('QUANTILE_UNKNOWN', { log: 'production', reason: 'it is new' })),
    };
    expect(await refused('QUANTILE_UNKNOWN', watch.run(quietestTenth))).toContain('it is new');
    expect(watch.pauses).toBe(0);
  });

  it('is asked for again, seldom, while the log cannot be read', async () => {
    watch.pastWrites = {
      ofWeek: () => {
        asked += 1;
        const away = { log: 'production', instance: 'publicUrl', url: '', reason: 'it is away' };
        return Promise.reject(refuse('REKOR_UNREACHABLE', away));
      },
    };
    expect(await watch.run(quietestTenth)).toMatchObject({
      ...{ lull: false, mostPerMinute: null, writesPerMinute: null, countedBy: null },
      unread: { code: 'REKOR_UNREACHABLE' },
    });
    expect(asked).toBe(13);
  });
});
