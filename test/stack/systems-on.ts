import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { freezeTree } from '../../activities/drain';
import { handoverLeaf, handoverText, readHandover } from '../../activities/handover';
import { connectMysql } from '../../activities/tree-queue/mysql';
import { connectPostgresql } from '../../activities/tree-queue/postgresql';
import type { TreeQueue } from '../../activities/tree-queue/tree-queue';
import { connectRekor } from '../../activities/clients/rekor';
import { connectMetrics, type TrillianMetrics } from '../../activities/clients/metrics';
import { connectTrillian, type TrillianClient, TrillianError } from '../../activities/clients/trillian';
import { inDatabase, isMysql, serverAt } from '../../harness/database';
import { exhaustQuota } from '../../harness/queued-leaves';
import type { DatabaseName } from '../../lab/lab';
import { signalRecorded } from '../../lab/process';
import { type RekorInstance, startRekor } from '../../lab/rekor-instance';
import { ensureBinaries } from '../../tools/binaries';
import type { DrainTiming } from '../../workflows/model/drain';
import type { TreeId } from '../../workflows/model/log';
import { refused, rejected } from '../activities/refused';
import { type LabProcess, startLab } from '../../harness/lab-process';
import { lockTable } from './table-lock';
import { PATIENCE_MS, until } from '../../harness/waiting';

/** Time enough for a drain to find out what keeps it, when that does not go away. Milliseconds. */
const GIVEN_UP_MS = 3_000;
/** Less than the time after which the page of a signer that stands still is reported instead. Milliseconds. */
const SIGNER_GIVEN_UP_MS = 1_000;

const EMPTY_ROOT = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const timing: DrainTiming = { signerIntervalMs: 100, guardWindowMs: 0, clockDifferenceMs: 0 };
const signal = new AbortController().signal;
const call = { signal, timeoutMs: PATIENCE_MS };

/** What is true of Trillian, its metrics and a drain, whatever database Trillian runs on. */
export function systemsOn(database: DatabaseName): void {
  const connectDatabase = database === 'mariadb' ? connectMysql : connectPostgresql;
  let directory: string;
  /** Trillian's and Rekor's real servers, the database, and nothing else. */
  let lab: LabProcess;
  let rekorServer: string;
  let trillianAddress: string;
  let metricsUrls: { logServer: string; signer: string };
  let databaseUrl: string;
  let trillian: TrillianClient;
  let metrics: TrillianMetrics;
  let queue: TreeQueue;
  const rekor = connectRekor({ log: 'lab' });
  const rekors: RekorInstance[] = [];

  beforeAll(async () => {
    lab = await startLab({ database });
    directory = mkdtempSync(join(tmpdir(), 'rekor-rotate-systems-'));
    rekorServer = (await ensureBinaries(() => undefined)).rekorServer;
    const { files } = lab;
    const ports = (JSON.parse(readFileSync(files.record, 'utf8')) as { ports: Record<string, number> }).ports;
    trillianAddress = `127.0.0.1:${ports['trillian']}`;
    metricsUrls = {
      logServer: `http://127.0.0.1:${ports['trillianMetrics']}/metrics`,
      signer: `http://127.0.0.1:${ports['signerMetrics']}/metrics`,
    };
    databaseUrl = readFileSync(files.databaseUrl, 'utf8').trim();
    trillian = connectTrillian({ log: 'lab', address: trillianAddress });
    metrics = connectMetrics({
      log: 'lab',
      logServers: [metricsUrls.logServer],
      signers: [metricsUrls.signer],
    });
    queue = connectDatabase(serverAt(databaseUrl));
  });

  afterAll(async () => {
    await Promise.all(rekors.map((instance) => instance.stop()));
    trillian.close();
    await queue.close();
    await lab.end();
    rmSync(directory, { recursive: true, force: true });
  });

  async function newTree(): Promise<TreeId> {
    const { treeId } = await trillian.createTree(
      { displayName: 'a tree', description: 'made by a test', maxRootDurationMs: 1_500 },
      call,
    );
    await trillian.initLog(treeId, call);
    return treeId;
  }

  let leaves = 0;

  async function queueNewLeaf(treeId: TreeId): Promise<'queued' | 'duplicate'> {
    const value = Buffer.from(`leaf ${++leaves}`);
    const identityHash = Buffer.alloc(32);
    identityHash.writeUInt32BE(leaves);
    return await trillian.queueLeaf(treeId, { value, identityHash }, call);
  }

  async function queuedIn(treeId: TreeId): Promise<number | undefined> {
    return (await queue.read(treeId, signal))?.queued;
  }

  async function sizeOf(treeId: TreeId, size: number): Promise<void> {
    await until(
      `size ${size}`,
      PATIENCE_MS,
      async () => (await trillian.treeHead(treeId, call)).size === size,
    );
  }

  /** Holds back every QueueLeaf between Trillian's look at the tree's state and the leaf's commit. */
  async function blockLeaves(): Promise<() => Promise<void>> {
    return await lockTable(databaseUrl, 'LeafData');
  }

  async function openTransactions(): Promise<number> {
    const [row] = await inDatabase<{ readonly open: string }>(
      databaseUrl,
      isMysql(databaseUrl)
        ? 'SELECT COUNT(*) AS open FROM information_schema.INNODB_TRX'
        : "SELECT count(*) AS open FROM pg_stat_activity WHERE state = 'idle in transaction'",
    );
    return Number(row?.open);
  }

  function signalSigner(name: 'SIGSTOP' | 'SIGCONT'): void {
    if (!signalRecorded(join(lab.files.running, 'trillian-log-signer.pid'), name))
      throw new Error('no signer runs');
  }

  async function serve(treeId: TreeId, inactive: readonly TreeId[]) {
    const instance = await startRekor({
      rekorServer,
      trillian: trillianAddress,
      treeId,
      inactive,
      directory,
    });
    rekors.push(instance);
    return { name: 'blue', url: instance.url };
  }

  describe('Trillian', () => {
    it('makes an empty ACTIVE tree, and initialising it again does no harm', async () => {
      const treeId = await newTree();
      await trillian.initLog(treeId, call);
      await expect(trillian.treeHead(treeId, call)).resolves.toEqual({ size: 0, rootHash: EMPTY_ROOT });
      const listed = (await trillian.listTrees(call)).find((tree) => tree.treeId === treeId);
      expect(listed).toEqual({
        treeId,
        state: 'ACTIVE',
        type: 'LOG',
        displayName: 'a tree',
        description: 'made by a test',
        updatedAtMs: expect.any(Number) as number,
        maxRootDurationMs: 1_500,
        deleted: false,
      });
    });

    it('has no connection less after many questions about a tree without a root, which holds nothing (H7)', async () => {
      const { treeId } = await trillian.createTree(
        { displayName: '', description: 'broken off', maxRootDurationMs: 3_600_000 },
        call,
      );
      const value = Buffer.from('a leaf');
      const leaf = { value, identityHash: Buffer.alloc(32, 7) };
      expect(await rejected(trillian.queueLeaf(treeId, leaf, call))).toMatchObject({
        code: status.FAILED_PRECONDITION,
      });
      // More often than its log server has connections.
      for (let asked = 0; asked < 20; asked += 1) {
        await refused('TREE_UNINITIALISED', trillian.treeHead(treeId, call));
        await refused('TREE_UNINITIALISED', trillian.leavesByRange(treeId, 0, 1, call));
      }
      expect(await openTransactions()).toBe(0);
      const nothing = { treeId, size: 0, rootHash: EMPTY_ROOT };
      await expect(
        freezeTree({ log: 'lab', trillian, metrics, queue }, timing, treeId, call),
      ).resolves.toMatchObject(nothing);
      await expect(
        freezeTree({ log: 'lab', trillian, metrics }, timing, treeId, call),
      ).resolves.toMatchObject(nothing);
      expect((await trillian.getTree(treeId, call)).state).toBe('FROZEN');
      await trillian.deleteTree(treeId, call);
    });

    it('charges its quota for a leaf and for InitLog, and for nothing else that is asked of it', async () => {
      const treeId = await newTree();
      const giveBack = await exhaustQuota(databaseUrl);
      try {
        expect(await refused('TRILLIAN_QUOTA', queueNewLeaf(treeId))).toContain('too many unsequenced rows');
        await refused('TRILLIAN_QUOTA', trillian.initLog(treeId, call));
        const made = await trillian.createTree(
          { displayName: '', description: 'during a backlog', maxRootDurationMs: 3_600_000 },
          call,
        );
        for (const state of ['DRAINING', 'FROZEN', 'ACTIVE'] as const) {
          await trillian.setState(made.treeId, state, call);
        }
        await trillian.listTrees(call);
        await trillian.treeHead(treeId, call);
        await trillian.leavesByRange(treeId, 0, 1, call);
        await trillian.deleteTree(made.treeId, call);
      } finally {
        await giveBack();
      }
      await expect(queueNewLeaf(treeId)).resolves.toBe('queued');
    });

    it('takes every state, and keeps the mark in the description', async () => {
      const treeId = await newTree();
      for (const state of ['DRAINING', 'FROZEN', 'FROZEN', 'ACTIVE'] as const) {
        await expect(trillian.setState(treeId, state, call)).resolves.toMatchObject({
          state,
          description: 'made by a test',
        });
      }
    });

    it('does not know a tree that was never made', async () => {
      const message = await refused('TREE_UNKNOWN', trillian.getTree('4611686018427387905', call));
      expect(message).toContain('4611686018427387905');
      await refused('TREE_UNKNOWN', trillian.setState('4611686018427387905', 'FROZEN', call));
    });

    it('lets no leaf into a closed tree', async () => {
      const treeId = await newTree();
      await trillian.setState(treeId, 'DRAINING', call);
      const error = await rejected(queueNewLeaf(treeId));
      expect(error).toBeInstanceOf(TrillianError);
      expect((error as TrillianError).code).toBe(status.PERMISSION_DENIED);
    });
  });

  describe('the queue and the metrics', () => {
    it('show a QueueLeaf that passed the look at the state but is not committed (H2)', async () => {
      const treeId = await newTree();
      await expect(metrics.queueLeafInFlight(signal)).resolves.toBe(0);
      const unblock = await blockLeaves();
      const late = queueNewLeaf(treeId);
      try {
        await until(
          'one in flight',
          PATIENCE_MS,
          async () => (await metrics.queueLeafInFlight(signal)) === 1,
        );
        await expect(queuedIn(treeId)).resolves.toBe(0);
      } finally {
        await unblock();
      }
      await expect(late).resolves.toBe('queued');
      await expect(metrics.queueLeafInFlight(signal)).resolves.toBe(0);
      await sizeOf(treeId, 1);
      await until(
        'the signer to say so',
        PATIENCE_MS,
        async () => (await metrics.signer(treeId, signal)).added === 1,
      );
    });

    it('tell how many bytes the database has', async () => {
      const reader = connectDatabase(serverAt(databaseUrl));
      expect(await reader.databaseBytes(signal)).toBeGreaterThan(100_000);
      await reader.close();
    });

    it('refuse the page of a signer that is named as a log server: it would always show zero', async () => {
      const mistaken = connectMetrics({ log: 'lab', logServers: [metricsUrls.signer], signers: [] });
      const message = await refused('METRICS_UNREACHABLE', mistaken.queueLeafInFlight(signal));
      expect(message).toContain('not the metrics of a Trillian log server');
    });

    it('are refused without the password when the database does not let us in (H28)', async () => {
      const secret = 'a-secret-that-is-wrong';
      const reader = connectDatabase({ ...serverAt(databaseUrl), password: () => secret });
      const message = await refused('DATABASE_DENIED', reader.read('1', signal));
      expect(message).toContain('it refuses the user or the password');
      expect(message).not.toContain(secret);
      await reader.close();
    });
  });

  describe.each([['with the queue'], ['by the signer alone']])('a drain proven %s', (how) => {
    const systems = () => ({ log: 'lab', trillian, metrics, ...(how === 'with the queue' ? { queue } : {}) });
    const freeze = (treeId: TreeId, ms = PATIENCE_MS) =>
      freezeTree(systems(), timing, treeId, { signal: AbortSignal.timeout(ms) });

    it('ends a tree under load with every accepted leaf in it (H1)', async () => {
      const treeId = await newTree();
      let accepted = 0;
      const writer = async (): Promise<void> => {
        for (;;) {
          await queueNewLeaf(treeId);
          accepted++;
        }
      };
      const writers = [writer(), writer(), writer()].map(rejected);
      await until('some leaves', PATIENCE_MS, () => accepted > 50);
      const frozen = await freeze(treeId);
      await Promise.all(writers);
      expect(frozen).toMatchObject({ treeId, size: accepted });
      await expect(trillian.getTree(treeId, call)).resolves.toMatchObject({ state: 'FROZEN' });
      await expect(queuedIn(treeId)).resolves.toBe(0);
      const { size, rootHash } = await trillian.treeHead(treeId, call);
      expect(frozen).toMatchObject({ size, rootHash });
      expect(frozen.proof.join('; ')).toContain('FROZEN, read back');
    });

    it('waits for a QueueLeaf that passed the look at the state before it was closed (H2)', async () => {
      const treeId = await newTree();
      const unblock = await blockLeaves();
      const late = queueNewLeaf(treeId);
      try {
        await until(
          'one in flight',
          PATIENCE_MS,
          async () => (await metrics.queueLeafInFlight(signal)) === 1,
        );
        const message = await refused('NOT_DRAINED', freeze(treeId, GIVEN_UP_MS));
        expect(message).toContain('QueueLeaf calls in flight: 1');
      } finally {
        await unblock();
      }
      await late;
      await expect(freeze(treeId)).resolves.toMatchObject({ size: 1 });
    });

    it('proves it again of a tree that is FROZEN already', async () => {
      const treeId = await newTree();
      await queueNewLeaf(treeId);
      const first = await freeze(treeId);
      const again = await freeze(treeId);
      expect(again).toMatchObject({ size: 1, rootHash: first.rootHash });
      await expect(trillian.getTree(treeId, call)).resolves.toMatchObject({ state: 'FROZEN' });
    });

    it('says what was left while the signer stands still, and ends the tree with the leaf once it goes on (H1)', async () => {
      const treeId = await newTree();
      signalSigner('SIGSTOP');
      try {
        await queueNewLeaf(treeId);
        // Somebody froze it by hand: the leaf stays in the queue, accepted and not in the tree.
        await trillian.setState(treeId, 'FROZEN', call);
        const left = how === 'with the queue' ? 'leaves in its queue: 1' : 'signer passes were not counted';
        // One that ends before it has found that out, or only with a page that the signer does not answer, is made again.
        await until(left, PATIENCE_MS, async () =>
          String(await rejected(freeze(treeId, SIGNER_GIVEN_UP_MS))).includes(left),
        );
      } finally {
        signalSigner('SIGCONT');
      }
      await expect(freeze(treeId)).resolves.toMatchObject({ size: 1 });
    });
  });

  describe('the handover leaf', () => {
    it('is one leaf however often it is queued (H3)', async () => {
      const end = { treeId: '6826284441047790130', size: 42, rootHash: EMPTY_ROOT };
      const next = await newTree();
      const first = handoverLeaf(end);
      await expect(trillian.queueLeaf(next, first, call)).resolves.toBe('queued');
      await expect(trillian.queueLeaf(next, handoverLeaf(end), call)).resolves.toBe('duplicate');
      await sizeOf(next, 1);
      await expect(trillian.queueLeaf(next, handoverLeaf(end), call)).resolves.toBe('duplicate');
      const { rootHash } = await freezeTree({ log: 'lab', trillian, metrics, queue }, timing, next, call);
      const [leaf, ...others] = await trillian.leavesByRange(next, 0, 2, call);
      expect(others).toEqual([]);
      expect(leaf?.merkleLeafHash.toString('hex')).toBe(first.leafHash);
      expect(rootHash).toBe(first.leafHash);
      expect(leaf && readHandover(leaf)).toEqual(end);
    });

    it('has exactly the bytes that Rekor makes of the same entry, and Rekor serves it like any entry (H4, H5)', async () => {
      const current = await newTree();
      const blue = await serve(current, []);
      const proposed = handoverLeaf({ treeId: current, size: 0, rootHash: EMPTY_ROOT }).value;
      // Keys in another order and with spaces: Rekor makes its canonical form of it.
      const { spec, kind, apiVersion } = JSON.parse(proposed.toString()) as Record<string, unknown>;
      const response = await fetch(`${blue.url}/api/v1/log/entries`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ spec, kind, apiVersion }, null, 2),
      });
      expect(response.status).toBe(201);
      const [entry] = Object.values((await response.json()) as Record<string, { body: string }>);
      expect(Buffer.from(entry?.body ?? '', 'base64').toString()).toBe(proposed.toString());

      const frozen = await freezeTree({ log: 'lab', trillian, metrics, queue }, timing, current, call);
      expect(frozen.size).toBe(1);
      const next = await newTree();
      const leaf = handoverLeaf(frozen);
      await trillian.queueLeaf(next, leaf, call);
      await sizeOf(next, 1);
      const green = await serve(next, [current]);
      await expect(rekor.log(green, signal)).resolves.toEqual({
        activeTreeId: next,
        active: { size: 1, rootHash: leaf.leafHash },
        inactive: [{ treeId: current, liveLength: 1, loadedLength: 1 }],
      });
      await expect(rekor.entryAt(green, 1, signal)).resolves.toEqual({
        entryId: BigInt(next).toString(16).padStart(16, '0') + leaf.leafHash,
        treeId: next,
        uuid: leaf.leafHash,
        logIndex: 1,
        leafIndex: 0,
      });
      await expect(rekor.entryAt(green, 2, signal)).resolves.toBeNull();
      // A client reads it, and sends it again: twice in one tree, no Rekor could serve it by UUID any more (H4).
      const again = await fetch(`${green.url}/api/v1/log/entries`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: leaf.value.toString(),
      });
      expect(again.status).toBe(409);
      await queueNewLeaf(next);
      await sizeOf(next, 2);
      await expect(rekor.entryAt(green, 1, signal)).resolves.toMatchObject({ uuid: leaf.leafHash });
      const byUuid = await fetch(`${green.url}/api/v1/log/entries/${leaf.leafHash}`);
      expect(byUuid.status).toBe(200);
      const key = await rekor.publicKey(green, undefined, signal);
      await expect(rekor.publicKey(green, current, signal)).resolves.toBe(key);
      expect(handoverText(frozen)).toBe(
        `rekor-rotate handover v1\ntree ${current}\nsize 1\nroot ${frozen.rootHash}\n`,
      );
    });

    it('is told apart from a process that loaded another length than the tree has now (H29)', async () => {
      const current = await newTree();
      const next = await newTree();
      const stale = await serve(next, [current]);
      await queueNewLeaf(current);
      await sizeOf(current, 1);
      const { inactive } = await rekor.log(stale, signal);
      expect(inactive).toEqual([{ treeId: current, liveLength: 1, loadedLength: 0 }]);
    });
  });
}
