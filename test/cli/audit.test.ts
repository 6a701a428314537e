import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { catalogue } from '../../audit/model/catalogue';
import { FakeLog, ok } from '../activities/verification/fake-log';
import { hashedRekord } from '../activities/verification/leaves';
import { commandsOf, read, wordsOf } from '../docs/markdown';
import { recordingTerminal, saidBy } from './recording-terminal';

const time = 1_790_000_000;
let log: FakeLog;
let url: string;
let folder: string;

beforeEach(async () => {
  const shard = (treeId: string, count: number, from: number) => ({
    treeId,
    leaves: Array.from({ length: count }, (_, leaf) => hashedRekord(`${treeId} ${leaf}`, from + leaf)),
  });
  log = new FakeLog([shard('101', 4, time), shard('102', 3, time + 100)]);
  url = await log.listen();
  folder = mkdtempSync(path.join(tmpdir(), 'audit-'));
});
afterEach(() => log.close());

const widest = (text: string): number => Math.max(...text.split('\n').map(({ length }) => length));

/** A file of the test with this content. */
function file(name: string, content: string): string {
  const full = path.join(folder, name);
  writeFileSync(full, content);
  return full;
}

it('prints a checklist in 80 columns, what it cannot see, and ends with 0', async () => {
  const { code, output, errors } = await saidBy(['audit', url], recordingTerminal({ columns: 200 }));

  expect(code).toBe(0);
  expect(errors).toBe('');
  expect(widest(output)).toBeLessThanOrEqual(80);
  expect(output).toMatch(/^ {2}ok {5}entries {5}7 entries read and proven, 7 of them by every path$/m);
  expect(output).toContain('What this cannot see\n  - An index that a process gave out twice');
  expect(output.trimEnd().split('\n').at(-1)).toBe('Sound: no fault found in what was read.');
});

it('says beside each failing line what was found and what to do, and ends with 1', async () => {
  log.loaded.set('101', 4);
  log.shard(0).leaves.push(hashedRekord('late', time + 50));
  const { code, output, words } = await saidBy(['audit', url]);

  expect(code).toBe(7);
  expect(output).toMatch(/^ {2}FAULT {2}lengths/m);
  expect(output).toMatch(/^ {4}! Shard 101 at http/m);
  expect(words).toContain('loaded 4 entries when it started, and the tree has 5 now');
  expect(words).toContain(`${catalogue.LENGTH_STALE.remedy} (LENGTH_STALE)`);
  expect(output.trimEnd().split('\n').at(-1)).toBe('1 fault found.');
});

it('shows three of many findings of a kind, and counts them', async () => {
  log.lie = (asked, honest) => (/entries\/[0-9a-f]{80}$/.test(asked) ? { status: 404, body: {} } : honest);
  const { output } = await saidBy(['audit', url]);
  expect(output.match(/^ {4}! /gm)).toHaveLength(3);
  expect(output).toContain('      and 4 more like this\n');
});

it('prints everything for programs', async () => {
  const { code, output } = await saidBy(['audit', url, '--json', '--last', '2', '--sample', '0']);
  const report = JSON.parse(output) as Record<string, unknown>;
  expect(code).toBe(0);
  expect(report).toMatchObject({
    ...{ log: null, addresses: [url], sound: true, faults: 0, entriesRead: 5 },
    shards: [
      { treeId: '101', firstIndex: 0, length: 4, isActive: false },
      { treeId: '102', firstIndex: 4, length: 3, isActive: true },
    ],
  });
});

it('ends with 2 when an address cannot be asked, and still says what it found', async () => {
  const { code, words } = await saidBy(['audit', url, 'http://127.0.0.1:1']);
  expect(code).toBe(5);
  expect(words).toContain('Not asked - http://127.0.0.1:1:');
  expect(words).toContain('No fault found, but 1 address was not asked to the end, as "Not asked" says.');
  expect(words).toContain('Let it answer, and audit again.');

  const nobody = await saidBy(['audit', 'http://127.0.0.1:1']);
  expect([nobody.code, nobody.words]).toEqual([5, expect.not.stringContaining('Sound')]);
  expect(nobody.words).toContain('Not asked - http://127.0.0.1:1:');
  expect(nobody.words).toContain('Nothing was read: http://127.0.0.1:1 does not answer as a Rekor v1 log');
  expect(nobody.words).toContain('Check the address and that Rekor runs there, then audit it again.');
  expect(nobody.words).not.toContain('No fault found');
  const two = await saidBy(['audit', 'http://127.0.0.1:1', 'http://127.0.0.1:2']);
  expect(two.words).toContain('Nothing was read: none of 2 addresses answers');
  const forPrograms = await saidBy(['audit', 'http://127.0.0.1:1', '--json']);
  expect(JSON.parse(forPrograms.output)).toMatchObject({ sound: false, shards: [] });
});

it('takes an answer that is not of Rekor v1 for one that cannot be asked', async () => {
  log.lie = () => ok('<html>');
  const { code, words } = await saidBy(['audit', url]);
  expect(code).toBe(5);
  expect(words).toContain('the answer is not the log as Rekor v1 gives it');
});

it('names all that is wrong with what it is asked, and asks nobody', async () => {
  const empty = file('empty', '');
  const { code, words } = await saidBy([
    ...['audit', 'production', url, '--all', '--last', '0', '--sample', '-1', '--clock-difference', 'x'],
    ...['--key', empty, '--since-checkpoint', empty, '--since-checkpoint', path.join(folder, 'none')],
  ]);
  expect(code).toBe(2);
  for (const problem of [
    '--all reads more than --last',
    '--last is 0; it must be a whole number from 1 to',
    '--sample is -1; it must be',
    '--clock-difference is x; it must be',
    `--key ${empty} cannot be used: there is no PEM public key in it`,
    `--since-checkpoint ${empty} cannot be used: its checkpoint is not a signed note`,
    'ENOENT: no such file',
    'one log of the configuration, or the URLs of one log',
  ]) {
    expect(words).toContain(problem);
  }
  expect(log.requests).toBe(0);
});

it('takes the authorities of the log for its slots, too', async () => {
  const ca = path.join(folder, 'no-such-ca.pem');
  const configuration = readFileSync(path.join(__dirname, '../../examples/rekor-rotate.yaml'), 'utf8')
    .replace(/^( *publicUrl:).*$/m, `$1 ${url}`)
    .replace('url: http://127.0.0.1:3001', 'url: https://127.0.0.1:3001')
    .replace('caFile: tls/ca.pem', `caFile: ${ca}`);
  const { code, words } = await saidBy([
    ...['audit', 'production', '-c', file('rekor-rotate.yaml', configuration)],
  ]);
  expect(words).toContain(ca);
  expect(code).not.toBe(0);
  expect(log.requests).toBe(0);
});

it('says no credentials again that stand in a URL', async () => {
  const { code, words } = await saidBy(['audit', 'https://ada:hunter2@rekor.example.com']);
  expect([code, words.includes('hunter2')]).toEqual([2, false]);
  expect(words).toContain('name the address of the log alone');
});

it('ends with 130 when it is interrupted', async () => {
  const terminal = recordingTerminal();
  log.lie = (_path, honest) => {
    terminal.interrupt();
    return honest;
  };
  const { code, words } = await saidBy(['audit', url], terminal);
  expect([code, words.trim()]).toEqual([130, 'Stopped. Nothing has been changed.']);
});

describe('docs/audit.md', () => {
  it('explains every kind that can be found once, and no other', () => {
    const rows = [...read('docs/audit.md').matchAll(/^\| `([A-Z_]+)`(, a note)? +\|/gm)];
    const documented = rows.map(([, code = '', note]) => [code, note === undefined]).sort();
    expect(documented).toEqual(
      Object.entries(catalogue)
        .map(([code, { fault }]) => [code, fault])
        .sort(),
    );
  });

  it('has commands that do what they are for', async () => {
    const lines = commandsOf('docs/audit.md');
    expect(lines.length).toBeGreaterThan(3);
    let port = 0;
    const configuration = readFileSync(path.join(__dirname, '../../examples/rekor-rotate.yaml'), 'utf8')
      .replace(/^( *publicUrl:).*$/m, `$1 ${url}`)
      .replace(/^( *url:) http.*$/gm, (_line, key: string) => `${key} http://127.0.0.1:${(port += 1)}`)
      .replace(/^ {4}tls:\n {6}caFile.*\n/gm, '');
    const given: Readonly<Record<string, string>> = {
      'https://rekor.example.com': url,
      'http://10.0.0.4:3000': url,
      'http://10.0.0.5:3000': `${url}/`,
      FILE: file('checkpoint', log.tree(log.shard(0)).signedTreeHead),
      'KEY.pem': file('key.pem', await (await fetch(`${url}/api/v1/log/publicKey?treeID=102`)).text()),
    };
    for (const line of lines) {
      const [, ...words] = wordsOf(line).map((word) => given[word] ?? word);
      const config = words.includes('production') ? ['-c', file('rekor-rotate.yaml', configuration)] : [];
      const { code, words: said } = await saidBy([...words, ...config]);
      expect([line, code === 0 || said]).toEqual([line, true]);
    }
  });
});
