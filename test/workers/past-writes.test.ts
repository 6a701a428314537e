import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectPastWrites } from '../../workers/past-writes';
import { refused } from '../activities/refused';
import { plantedLog, serve, type PlantedShard } from '../quiet-hours/planted-log';
import { now, plantedShards } from '../quiet-hours/planted-week';

const { signal } = new AbortController();
const before = process.env['XDG_CACHE_HOME'];
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'past-writes-'));
  process.env['XDG_CACHE_HOME'] = folder;
});
afterEach(() => {
  if (before === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = before;
  rmSync(folder, { recursive: true });
});

async function ofWeek(
  shards: readonly PlantedShard[],
  plant: (log: ReturnType<typeof plantedLog>) => void = () => undefined,
): Promise<{ rates: readonly number[]; asked: number }> {
  const log = plantedLog(shards);
  plant(log);
  const server = await serve(log);
  try {
    const past = connectPastWrites({ log: 'production', publicUrl: server.url, now: () => now });
    return { rates: await past.ofWeek(signal), asked: log.asked.length };
  } finally {
    await server.close();
  }
}

it('tells the writes a minute of each hour of the week, and keeps what it has read', async () => {
  const shards = plantedShards();
  const { rates, asked } = await ofWeek(shards);
  expect(rates).toHaveLength(168);
  expect(asked).toBeLessThanOrEqual(300);
  const since = now - 28 * 86_400;
  const perMinute =
    shards.flatMap(({ times }) => times).filter((time) => time >= since).length / (28 * 24 * 60);
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  expect(mean / perMinute).toBeGreaterThan(0.9);
  expect(mean / perMinute).toBeLessThan(1.1);
  expect(Math.min(...rates)).toBeLessThan(mean / 4);
  expect(readdirSync(join(folder, 'rekor-rotate', 'quiet-hours'))).toHaveLength(2);
});

it('refuses a log that is empty or too young, and says so', async () => {
  expect(await refused('QUANTILE_UNKNOWN', ofWeek([{ treeId: '7', times: [] }]))).toContain(
    'it holds no entry',
  );
  const young = Array.from({ length: 100 }, (_, entry) => now - 86_400 + entry * 60);
  expect(await refused('QUANTILE_UNKNOWN', ofWeek([{ treeId: '7', times: young }]))).toContain(
    'less than two whole weeks ago',
  );
});

it('tells a log that cannot be read now from one that cannot know', async () => {
  const notFound = { status: 404, body: {} };
  const unreadable = ofWeek([{ treeId: '7', times: [] }], (log) => (log.instead = () => notFound));
  expect(await refused('REKOR_UNREACHABLE', unreadable)).toContain('it answers GET /api/v1/log with 404');
});
