import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { leafHash } from '../../load/merkle';
import { logIdOf } from '../../load/signed-note';
import { naivePath, naiveRoot } from './naive-merkle-tree';

/** One entry of the fake log as it answers it; a test bends what it wants bent. */
export interface FakeAnswer {
  entryId: string;
  body: string;
  integratedTime: number;
  logID: string;
  logIndex: number;
  signedEntryTimestamp: string;
  leafIndex: number;
  treeSize: number;
  rootHash: string;
  hashes: string[];
  checkpoint: string;
}

export interface FakeRekor {
  readonly url: string;
  /** What is done to each answer of a GET before it is sent; null makes it a 404. Acknowledgements are never bent. */
  bend: (answer: FakeAnswer) => FakeAnswer | null;
  /** What a POST answers instead of acknowledging; null lets it. */
  refuse: () => { status: number; body: string } | null;
  /** The paths of all GETs so far, with their queries. */
  readonly asked: string[];
  /** How long every answer waits from now on. */
  delayAnswers(ms: number): void;
  /** Adds to the virtual index of acknowledgements from now on. */
  shiftIndexes(by: number): void;
  checkpoint(treeSize: number, rootHash: Buffer): string;
  close(): Promise<void>;
}

const TREE_ID = '6826284441047790130';

/** A log of one tree that keeps its leaves in memory and proves them by the naive definition. */
export async function fakeRekor(): Promise<FakeRekor> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const logID = logIdOf(publicKey);
  const keyHint = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 4);
  const leaves: Buffer[] = [];
  const asked: string[] = [];
  let shift = 0;
  let delayMs = 0;

  const checkpoint = (treeSize: number, rootHash: Buffer): string => {
    const text = `rekor.example - ${TREE_ID}\n${treeSize}\n${rootHash.toString('base64')}\n`;
    const signature = Buffer.concat([keyHint, sign('sha256', Buffer.from(text), privateKey)]);
    return `${text}\n\u2014 rekor.example ${signature.toString('base64')}\n`;
  };

  const answerFor = (leafIndex: number, logIndex: number): FakeAnswer => {
    const leaf = leaves[leafIndex];
    if (!leaf) throw new Error(`no leaf ${leafIndex}`);
    const promised = { body: leaf.toString('base64'), integratedTime: 1_700_000_000, logID, logIndex };
    const root = naiveRoot(leaves);
    return {
      ...promised,
      entryId: BigInt(TREE_ID).toString(16).padStart(16, '0') + leafHash(leaf).toString('hex'),
      signedEntryTimestamp: sign('sha256', Buffer.from(JSON.stringify(promised)), privateKey).toString(
        'base64',
      ),
      leafIndex,
      treeSize: leaves.length,
      rootHash: root.toString('hex'),
      hashes: naivePath(leafIndex, leaves).map((hash) => hash.toString('hex')),
      checkpoint: checkpoint(leaves.length, root),
    };
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { status, body } = answer(request.method ?? '', request.url ?? '', Buffer.concat(chunks));
      setTimeout(() => response.writeHead(status).end(body), delayMs);
    });
  });

  const answer = (method: string, url: string, body: Buffer): { status: number; body: string } => {
    const { pathname, searchParams } = new URL(url, 'http://fake');
    if (method === 'POST') {
      const refusal = rekor.refuse();
      if (refusal) return refusal;
      leaves.push(body);
      return { status: 201, body: render(answerFor(leaves.length - 1, leaves.length - 1 + shift)) };
    }
    asked.push(url);
    if (pathname === '/api/v1/log') return { status: 200, body: JSON.stringify({ treeID: TREE_ID }) };
    if (pathname === '/api/v1/log/proof')
      return { status: 200, body: JSON.stringify({ rootHash: '', hashes: [] }) };
    if (pathname === '/api/v1/log/publicKey') {
      return { status: 200, body: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
    }
    const index = searchParams.get('logIndex');
    const wanted = pathname.slice(-64);
    const leafIndex =
      index === null ? leaves.findIndex((leaf) => leafHash(leaf).toString('hex') === wanted) : Number(index);
    const found = leafIndex in leaves ? rekor.bend(answerFor(leafIndex, leafIndex)) : null;
    return found ? { status: 200, body: render(found) } : { status: 404, body: '{"code":404}' };
  };

  const rekor: FakeRekor = {
    url: '',
    bend: (entry) => entry,
    refuse: () => null,
    asked,
    delayAnswers: (ms) => (delayMs = ms),
    shiftIndexes: (by) => (shift = by),
    checkpoint,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(rekor, { url: `http://127.0.0.1:${port}` });
}

function render(answer: FakeAnswer): string {
  const { entryId, body, integratedTime, logID, logIndex, signedEntryTimestamp, leafIndex, ...proof } =
    answer;
  const verification = { signedEntryTimestamp, inclusionProof: { logIndex: leafIndex, ...proof } };
  return JSON.stringify({ [entryId]: { body, integratedTime, logID, logIndex, verification } });
}
