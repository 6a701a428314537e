import { type WatchClock, watchWrites } from '../../activities/steps/write-rate';
import type { LogSystems } from '../../activities/systems';
import { loadConfiguration } from '../../config/load';
import { clientsOf, type Clients } from '../../harness/clients';
import { type LabProcess, startLab } from '../../harness/lab-process';
import { PATIENCE_MS } from '../../harness/waiting';
import { createRecorder } from '../../load/recorder';
import type { WritesWatched } from '../../workflows/model/lull';
import { connectSystems } from '../../workers/systems';
import { someBounds } from '../activities/fake-log';

/** A real gate, Rekor and Trillian; only the time of the watch is the test's, and a client writes in its pauses. */
let lab: LabProcess;
let clients: Clients;
let systems: LogSystems;

beforeAll(async () => {
  lab = await startLab();
  clients = clientsOf(lab.status.publicUrl, createRecorder());
  const [configuration] = Object.values(loadConfiguration(lab.files.configuration).logs);
  if (!configuration) throw new Error('The lab has no log.');
  systems = connectSystems(configuration);
  await clients.expectWritable();
});

afterAll(async () => {
  systems.trillian.close();
  await lab.end();
});

const BEGAN = Date.parse('2026-11-28T02:00:00.000Z');
/** At most six writes a minute, while a busy client sends twelve. */
const lull = { writesPerMinute: 6, forMinutes: 1 };

interface Watched extends WritesWatched {
  /** From the end of the load to that of the watch, by the clock of the watch. */
  readonly quietMs: number;
}

/** Watches a log to which one write goes in each pause for a while, and then none; `at` is done once in that pause. */
async function watched(busyPauses: number, at: Record<number, () => Promise<void>> = {}): Promise<Watched> {
  let [now, pauses, endedAt] = [BEGAN, 0, BEGAN];
  const clock: WatchClock = {
    now: () => now,
    pause: async (ms) => {
      now += ms;
      pauses += 1;
      await at[pauses]?.();
      if (pauses > busyPauses) return;
      await clients.upload(lab.status.publicUrl);
      endedAt = now;
    },
  };
  const bounds = { ...someBounds(), timeoutMs: PATIENCE_MS, remainingMs: () => 3_600_000 };
  const seen = await watchWrites(
    { ...systems, bounds },
    { log: systems.log, lull, forAtMostMs: 300_000 },
    clock,
  );
  return { ...seen, quietMs: Date.parse(seen.to) - endedAt };
}

it('a lull is seen through a real gate when the load falls, and not before', async () => {
  expect(await watched(40)).toMatchObject({
    ...{ lull: true, countedBy: 'gate', unread: null, mostPerMinute: 6, writesPerMinute: 6 },
    // Of the twelve writes in the minute before, six are left after half of it.
    quietMs: 30_000,
  });
});

it('no lull is seen while the load lasts', async () => {
  expect(await watched(1_000)).toMatchObject({ lull: false, countedBy: 'gate', writesPerMinute: 12 });
});

it('a gate that was stopped and started again, and has counted nothing yet, is no lull', async () => {
  const restart = async (): Promise<void> => {
    await lab.stopPart('gate');
    await lab.startPart('gate');
  };
  // Its minute begins with the restart; with the count of the process before, the lull would be there at once.
  expect(await watched(11, { 12: restart })).toMatchObject({
    ...{ lull: true, countedBy: 'gate', writesPerMinute: 0, quietMs: 65_000 },
  });
});

it('without a gate that counts, the current tree says it', async () => {
  const withGate = systems;
  systems = { ...withGate, traffic: { ...withGate.traffic, writes: () => Promise.resolve(null) } };
  try {
    expect(await watched(40)).toMatchObject({
      ...{ lull: true, countedBy: 'tree', unread: null, writesPerMinute: 6, quietMs: 30_000 },
    });
  } finally {
    systems = withGate;
  }
});
