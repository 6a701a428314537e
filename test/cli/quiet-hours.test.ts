import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DAY, HOUR } from '../../quiet-hours/model/week';
import type { AnsweringServer } from '../activities/answering-server';
import { commandsOf, wordsOf } from '../docs/markdown';
import { until } from '../patience';
import { type PlantedLog, plantedLog, plantedTimes, serve } from '../quiet-hours/planted-log';
import { recordingTerminal, saidBy } from './recording-terminal';

/** The command reads the clock of this machine, so the log ends now; it is quiet on Wednesdays from two to five, UTC. */
const now = Math.floor(Date.now() / 1000);
const rate = (time: number): number => {
  const [weekday, hour] = [(Math.floor(time / DAY) + 3) % 7, Math.floor(time / HOUR) % 24];
  return weekday === 2 && hour >= 2 && hour < 5 ? 0.05 : hour >= 8 && hour < 18 ? 2 : 1;
};
const times = plantedTimes(20_000, { from: now - 40 * DAY, to: now, rate, seed: 1 });
const half = times.length / 2;
const busy = [
  { treeId: '101', times: times.slice(0, half) },
  { treeId: '102', times: times.slice(half) },
];
const seldom = [{ treeId: '103', times: plantedTimes(10, { from: now - 40 * DAY, to: now, rate, seed: 1 }) }];

let folder: string;
let log: PlantedLog;
let server: AnsweringServer;
const cacheBefore = process.env['XDG_CACHE_HOME'];

async function serving(shards: typeof busy): Promise<string> {
  log = plantedLog(shards);
  server = await serve(log);
  return server.url;
}

const quietHours = (...more: string[]) => ['quiet-hours', ...more, '--time-zone', 'UTC'];
const withoutColours = (text: string): string => text.replace(/\u001b\[[\d;]*m/g, '');

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'quiet-hours-'));
  process.env['XDG_CACHE_HOME'] = folder;
});
afterEach(async () => {
  if (cacheBefore === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = cacheBefore;
  await server.close();
});

it('draws the week in 80 columns, names the window, and prints the line for a schedule', async () => {
  const url = await serving(busy);
  const { code, output } = await saidBy(quietHours(url));
  const lines = output.split('\n');

  expect(code).toBe(0);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  expect(withoutColours(output)).toBe(output);
  const days = lines.filter((line) => /^(mon|tue|wed|thu|fri|sat|sun) [ []\S\S/.test(line));
  expect(days.map((line) => line.slice(0, 3))).toEqual(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);
  expect(days[2]).toMatch(/^wed .{6}\[(··|░░) (··|░░) (··|░░)\]/);
  expect(new Set(days.map(({ length }) => length))).toEqual(new Set([76]));
  expect(output).toMatch(/^wed 02:00-05:00 +[\d.]+ +[\d.]+ +0\.\d+ +0\.\d+$/m);
  expect(output).toContain("  rekor-rotate schedule create LOG \\\n    --window 'wed 02:00-05:00' \\\n");
  expect(output).toMatch(/--time-zone UTC$/m);
});

it('has the same picture in colours, where there are some', async () => {
  const url = await serving(busy);
  const plain = await saidBy(quietHours(url));
  const again = await saidBy(quietHours(url));
  const coloured = await saidBy(quietHours(url), recordingTerminal({ colours: true }));

  expect(coloured.output).not.toBe(again.output);
  expect(withoutColours(coloured.output)).toBe(again.output);
  expect(again.output.split('\n').slice(4)).toEqual(plain.output.split('\n').slice(4));
});

it('asks once what it has not kept, and keeps nothing with --no-cache', async () => {
  const url = await serving(busy);
  await saidBy(quietHours(url, '--no-cache'));
  const read = log.asked.length;
  expect(existsSync(path.join(folder, 'rekor-rotate'))).toBe(false);
  await saidBy(quietHours(url));
  expect(log.asked.length).toBe(2 * read);
  await saidBy(quietHours(url));

  expect(log.asked.length).toBe(2 * read + 1);
});

it('goes on from where its requests were used up, and says so only where that is kept', async () => {
  const url = await serving(busy);
  const first = await saidBy(quietHours(url, '--requests', '40'));
  const again = await saidBy(quietHours(url, '--requests', '40', '--no-cache'));

  expect(first.words).toContain('All 40 requests were used up (--requests). What was read is kept');
  expect(again.words).toContain('All 40 requests were used up (--requests).');
  expect(again.words).not.toContain('What was read is kept');
});

it('writes a picture and a page that load nothing, and prints JSON', async () => {
  const url = await serving(busy);
  const [svg, html] = [path.join(folder, 'week.svg'), path.join(folder, 'week.html')];
  const { code, output } = await saidBy(quietHours(url, '--svg', svg, '--html', html, '--json'));

  expect(code).toBe(0);
  expect(JSON.parse(output)).toMatchObject({
    log: null,
    known: true,
    timeZone: 'UTC',
    holdMs: 2500,
    windows: [{ days: [2], fromHour: 2, length: 3 }],
    schedules: ["rekor-rotate schedule create LOG --window 'wed 02:00-05:00' --time-zone UTC"],
    shards: 2,
    entries: 20_000,
  });
  for (const file of [svg, html]) {
    const written = readFileSync(file, 'utf8');
    expect(written.match(/<title>(mon|tue|wed|thu|fri|sat|sun) \d\d:00: /g)).toHaveLength(168);
    expect(written).toContain('Marked as quiet: wed 02:00-05:00');
    expect(written).not.toMatch(/<script|href=|src=|url\((?!#)/);
  }
  expect(readFileSync(html, 'utf8')).toContain('--window &#39;wed 02:00-05:00&#39;');
});

it('says of a log of ten entries that it cannot know, in every form, and exits with 3', async () => {
  const url = await serving(seldom);
  const html = path.join(folder, 'week.html');
  const { code, words } = await saidBy(quietHours(url, '--html', html));

  expect(code).toBe(3);
  expect(words).toContain(`It cannot be known when ${url} is quiet.`);
  expect(words).not.toContain('schedule create');
  expect(readFileSync(html, 'utf8')).toContain('It cannot be known');
  const json = JSON.parse((await saidBy(quietHours(url, '--json'))).output) as object;
  expect(json).toMatchObject({ known: false, unknown: { code: 'FEW_WRITES' }, windows: [], schedules: [] });
});

it('says all that is wrong with what was given, before the log is asked', async () => {
  const url = await serving(busy);
  const { code, words } = await saidBy([
    ...['quiet-hours', `${url}?a=b`, '--weeks', '1', '--hours', 'x', '--requests', '5000'],
    ...['--time-zone', 'Europe/Berln', '--svg', path.join(folder, 'none', 'week.svg')],
  ]);

  expect(code).toBe(2);
  expect(words).toContain('--weeks is 1; it must be a whole number from 2 to 26');
  expect(words).toContain('--hours is x');
  expect(words).toContain('--requests is 5000');
  expect(words).toContain('such as Europe/Berlin');
  expect(words).toContain('a query or a fragment');
  expect(words).toContain('there is no folder');
  expect(log.asked).toEqual([]);
});

/** The example, for a log that is served there. */
function configuredAt(url: string): string {
  const config = path.join(folder, 'rekor-rotate.yaml');
  const example = readFileSync(path.join(__dirname, '../../examples/rekor-rotate.yaml'), 'utf8');
  writeFileSync(
    config,
    example
      .replace('https://rekor.example.com', url)
      .replace(/^( +criticalSection:).*$/m, '$1 2s')
      .replace(/^ +tls:\n +caFile: tls\/ca.pem\n/m, ''),
  );
  return config;
}

it('takes the commands of docs/quiet-hours.md', async () => {
  const url = await serving(busy);
  const config = configuredAt(url);
  const lines = commandsOf('docs/quiet-hours.md');
  expect(lines.map((line) => wordsOf(line)[1])).toEqual(['quiet-hours', 'quiet-hours']);
  for (const line of lines) {
    const [, ...given] = wordsOf(line.replace('https://rekor.example.com', url));
    expect(await saidBy([...given, '-c', config])).toMatchObject({ code: 0 });
  }
});

it('reads a log of the configuration at its public address, and counts with its critical section', async () => {
  const url = await serving(busy);
  const config = configuredAt(url);
  const { code, output, words } = await saidBy(quietHours('production', '-c', config));

  expect(code).toBe(0);
  expect(words).toContain('Held: writes that come within 2.0 s');
  expect(output).toContain('  rekor-rotate schedule create production \\');
  const unknown = await saidBy(quietHours('prodution', '-c', config));
  expect([unknown.code, unknown.words.includes('Did you mean "production"?')]).toEqual([2, true]);
});

it('exits with 3 where there is no Rekor v1 log, and says what to check', async () => {
  const url = await serving(busy);
  log.instead = () => ({ status: 404, body: {} });
  const { code, words } = await saidBy(quietHours(url));

  expect(code).toBe(3);
  expect(words).toContain(`The log at ${url} cannot be read: it answers GET /api/v1/log with 404.`);
  expect(words).toContain('public address of a Rekor v1 log');
});

it('stops at Ctrl-C, with 130', async () => {
  const url = await serving(busy);
  const terminal = recordingTerminal();
  const said = saidBy(quietHours(url), terminal);
  await until(() => log.asked.length > 8);
  terminal.interrupt();

  expect(await said).toMatchObject({ code: 130 });
  expect(terminal.errors).toContain('Stopped.');
});
