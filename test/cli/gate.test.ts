import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { throwAwayPort } from '../../lab/ports';
import type { GateState } from '../../gate/messages';
import { answeringServer, type AnsweringServer } from '../activities/answering-server';
import { blocksOf, commandsIn, inlineCodeOf, root } from '../docs/markdown';
import { until } from '../patience';

/** The commands of docs/gate.md, run by a shell as they stand there, with a Rekor behind the gate that knows its own log. */

const program = path.join(root, 'out/dist/cli/main.js');
const token = 'known-to-this-test';
const folder = mkdtempSync(path.join(tmpdir(), 'gate-document-'));
const document = 'docs/gate.md';
const commands = [
  ...blocksOf(document).flatMap(commandsIn),
  ...inlineCodeOf(document).filter((code) => code.startsWith('curl ')),
].filter((line) => /^(rekor-rotate gate|curl) /.test(line));

const config = path.join(folder, 'rekor-rotate.yaml');

let rekor: AnsweringServer;
let gate: ChildProcess;
/** What stands in the document, and what is so here. */
let here: readonly (readonly [string, string])[];

function find(part: string): string {
  const found = commands.filter((line) => line.includes(part));
  expect(found).toHaveLength(1);
  return here.reduce((line, [shown, real]) => line.replaceAll(shown, real), found[0] ?? '');
}

async function shell(command: string): Promise<string> {
  const env = { ...process.env, TOKEN: token };
  const { stdout } = await promisify(execFile)('sh', ['-e', '-c', command], { env });
  return stdout;
}

beforeAll(async () => {
  rekor = await answeringServer((_request, response) => response.end('{"treeID": "12"}'));
  const [listen, admin] = [await throwAwayPort(), await throwAwayPort()];
  here = [
    ['127.0.0.1:3000', `127.0.0.1:${listen}`],
    ['127.0.0.1:3100', `127.0.0.1:${admin}`],
    ['http://127.0.0.1:3001', rekor.url],
  ];
  const example = readFileSync(path.join(root, 'examples/rekor-rotate.yaml'), 'utf8');
  writeFileSync(
    config,
    here
      .reduce((text, [shown, real]) => text.replaceAll(shown, real), example)
      .replaceAll('/var/lib/rekor-rotate/production', folder)
      .replace(/^ {4}tls:\n {6}caFile: tls\/ca.pem\n/m, ''),
  );
  const started = find('rekor-rotate gate').split(' ').slice(1);
  gate = spawn(process.execPath, [program, ...started, '-c', config], {
    stdio: 'ignore',
    env: { ...process.env, REKOR_ROTATE_GATE_TOKEN: token },
  });
  await until(async () => (await fetch(`http://127.0.0.1:${admin}/healthz`)).ok);
});

afterAll(async () => {
  const ended = once(gate, 'exit');
  gate.kill('SIGTERM');
  await rekor.close();
  expect(await ended).toEqual([0, null]);
});

it('finds the commands', () => {
  expect(commands).toHaveLength(4);
});

it('started as the document says, it shows the log behind it', async () => {
  expect(await shell(find('/api/v1/log'))).toBe('{"treeID": "12"}');
});

it('says where it sends, and is told which shards a Rekor must have loaded', async () => {
  const state = JSON.parse(await shell(find('/state'))) as GateState;
  expect(state).toMatchObject({ instances: [rekor.url], shards: null });
  const telling = find('-X PUT').replace('"number": 7', `"number": ${state.number}`);
  expect(JSON.parse(await shell(telling))).toMatchObject({
    instances: [rekor.url],
    shards: { activeTreeId: '12', inactive: [{ treeId: '11', length: 42 }] },
  });
});

it('does not start on sockets that were passed to another process, and says so', async () => {
  const started = find('rekor-rotate gate').split(' ').slice(1);
  const env = { ...process.env, REKOR_ROTATE_GATE_TOKEN: token, LISTEN_FDS: '2', LISTEN_PID: '1' };
  const ended = promisify(execFile)(process.execPath, [program, ...started, '-c', config], { env });
  await expect(ended).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/LISTEN_PID="1".*GATE_SOCKETS_UNUSABLE/s) as string,
  });
});
