import { execFile } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { verifyAsBundle } from '../../activities/verification/bundle-check';
import { parseLogEntry, type LogEntry } from '../../activities/verification/log-entry';
import { readLogKey, type LogKey } from '../../activities/verification/log-key';
import type { Receipt } from '../../receipt/schema';
import { slotFiles, slotNames } from '../../lab/files';
import { ensureBinaries } from '../../tools/binaries';
import type { RefusalCode } from '../../workflows/model/refusals';
import type { RotationResult } from '../../workflows/model/result';
import type { NextSignerSection } from '../../harness/configuration';
import { makeReceipt } from '../../receipt/making';
import { expectAsBefore, expectOutcome } from './outcome';
import { useLog } from './use-log';

const run = promisify(execFile);

/** In nothing that anybody sees (H28). */
const PASSWORD = 'planted-Pa55word-of-the-second-key';

const directory = mkdtempSync(join(tmpdir(), 'signer-'));
afterAll(() => rmSync(directory, { recursive: true }));

interface NewKey {
  readonly keyFile: string;
  readonly publicKey: string;
  readonly key: LogKey;
}

function newKey(name: string, passphrase?: string): NewKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const encrypted = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const files = { keyFile: join(directory, `${name}.pem`), publicKey: join(directory, `${name}.pub`) };
  writeFileSync(files.keyFile, privateKey.export({ type: 'pkcs8', format: 'pem', ...encrypted }), {
    mode: 0o600,
  });
  writeFileSync(files.publicKey, pem);
  return { ...files, key: readLogKey(pem) };
}

const passwordFile = join(directory, 'password');
writeFileSync(passwordFile, `${PASSWORD}\n`, { mode: 0o600 });
const second = newKey('second', PASSWORD);
const third = newKey('third');
const other = newKey('other');

/** What a web server gives for the trusted root. */
let trustedRoot: unknown = { tlogs: [] };
const server = createServer((_, response) => response.end(JSON.stringify(trustedRoot)));
let trustedRootUrl = '';
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  trustedRootUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/trusted_root.json`;
});
afterAll(() => server.close());

function trusting(...keys: readonly LogKey[]): unknown {
  const tlogs = keys.map(({ key, logId }) => ({
    baseUrl: 'http://127.0.0.1',
    logId: { keyId: Buffer.from(logId, 'hex').toString('base64') },
    publicKey: {
      rawBytes: key.export({ type: 'spki', format: 'der' }).toString('base64'),
      validFor: { start: '2020-01-01T00:00:00Z' },
    },
  }));
  return { tlogs };
}

describe('a new signing key with a new shard', () => {
  const log = useLog();

  /** The key of a tree, or of the active one, as the log gives it. */
  async function keyOf(tree?: string): Promise<LogKey> {
    const query = tree === undefined ? '' : `?treeID=${tree}`;
    const response = await fetch(`${log.publicUrl}/api/v1/log/publicKey${query}`, {
      headers: { accept: 'application/x-pem-file' },
    });
    return readLogKey(await response.text());
  }

  async function entryAt(index: number): Promise<LogEntry> {
    const response = await fetch(`${log.publicUrl}/api/v1/log/entries?logIndex=${index}`);
    return parseLogEntry(await response.json());
  }

  async function configured(nextSigner: NextSignerSection): Promise<void> {
    await log.reconfigure((section) => (section.nextSigner = nextSigner));
  }

  const codesOf = ({ refusals }: RotationResult): RefusalCode[] => refusals.map(({ code }) => code);
  const holds = () => log.gate.calls.filter(({ path }) => path.endsWith('/hold'));

  /** Refused or taken back before any write waited, with everything as before. */
  async function expectNotTaken(outcome: 'refused' | 'rolledBack', code: RefusalCode): Promise<string> {
    const before = await log.snapshot();
    log.gate.forgetCalls();
    const result = await log.rotate();
    expectOutcome(result, outcome);
    expect(codesOf(result)).toEqual([code]);
    expect(holds()).toEqual([]);
    expectAsBefore(before, await log.snapshot());
    await log.expectWritable();
    return result.reason;
  }

  /** Starts the next slot with other flags at the end, of which the last ones count. */
  async function nextStartedWith(flags: string): Promise<() => void> {
    const { rekorServer } = await ensureBinaries(() => undefined);
    const program = join(log.newDirectory(), 'rekor-server');
    writeFileSync(program, `#!/bin/sh\nexec '${rekorServer}' "$@" ${flags}\n`, { mode: 0o755 });
    const { environment } = slotFiles(log.lab.files, (await log.serving()).next);
    const before = readFileSync(environment, 'utf8');
    writeFileSync(environment, `${before}REKOR_SERVER=${program}\n`);
    return () => writeFileSync(environment, before);
  }

  describe('that is not the right one harms nobody:', () => {
    it('one that is not the configured public key', async () => {
      await configured({ keyFile: third.keyFile, publicKey: other.publicKey });
      const reason = await expectNotTaken('rolledBack', 'SHARD_KEY_DIFFERS');
      expect(reason).toContain(third.key.logId);
      expect(reason).toContain(other.key.logId);
    });

    it('one whose file is not there, whose password is wrong, or whose service does not answer', async () => {
      await configured({ keyFile: join(directory, 'missing.pem') });
      await expectNotTaken('rolledBack', 'RELEASE_DOES_NOT_START');
      await configured({
        keyFile: second.keyFile,
        password: { file: second.publicKey.replace('.pub', '.wrong') },
      });
      writeFileSync(second.publicKey.replace('.pub', '.wrong'), 'wrong', { mode: 0o600 });
      await expectNotTaken('rolledBack', 'RELEASE_DOES_NOT_START');
      await configured({ kms: 'hashivault://nobody' });
      await expectNotTaken('rolledBack', 'RELEASE_DOES_NOT_START');
    });

    it('one that is another in each process', async () => {
      await configured({ keyFile: third.keyFile });
      const putBack = await nextStartedWith('--rekor_server.signer=memory');
      expect(await expectNotTaken('rolledBack', 'SIGNER_NOT_LASTING')).toContain('when it was started again');
      putBack();
    });

    it('one that Rekor is not given, for its flags name the former one', async () => {
      await configured({ keyFile: third.keyFile });
      const putBack = await nextStartedWith(`--rekor_server.signer='${log.lab.files.signerKey}'`);
      await expectNotTaken('rolledBack', 'SIGNER_WITHOUT_EFFECT');
      putBack();
    });

    it('one that clients do not trust yet, whether it is known before the rehearsal or by it', async () => {
      const first = await keyOf();
      for (const [root, logId] of [
        [trusting(first), third.key.logId],
        [trusting(third.key), first.logId],
      ] as const) {
        trustedRoot = root;
        await configured({ keyFile: third.keyFile, publicKey: third.publicKey, trustedRootUrl });
        expect(await expectNotTaken('refused', 'TRUSTED_ROOT_LACKS_KEY')).toContain(logId);
        await configured({ keyFile: third.keyFile, trustedRootUrl });
        expect(await expectNotTaken('rolledBack', 'TRUSTED_ROOT_LACKS_KEY')).toContain(logId);
      }
    });
  });

  describe('that is right', () => {
    const files = () => log.lab.files;
    const texts: string[] = [];
    let first: LogKey;
    /** Of entries that were written under the first key and the second, after both rotations. */
    const old: LogEntry[] = [];
    const recent: LogEntry[] = [];

    it('signs the next shard, under load and without a failed request, and no earlier one', async () => {
      first = await keyOf();
      trustedRoot = trusting(first, second.key);
      await configured({
        ...{ keyFile: second.keyFile, password: { file: passwordFile } },
        ...{ publicKey: second.publicKey, trustedRootUrl },
      });
      const plan = await log.rotate({ dryRun: true });
      texts.push(JSON.stringify(plan));
      expect(plan.plan?.signer).toMatchObject({ changes: true, what: `the key file ${second.keyFile}` });
      expect(plan.plan?.newKey).toMatchObject({
        ...{ former: first.logId, next: second.key.logId, publishedAt: trustedRootUrl },
        trustedRootEntry: { logId: { keyId: Buffer.from(second.key.logId, 'hex').toString('base64') } },
      });

      const { activeTreeId } = await log.serving();
      const load = log.load();
      await log.expectWritable();
      const watched = watchProcesses();
      const result = await log.rotate();
      await log.expectWritable();
      texts.push(await watched.stop());
      const { failures, writes } = await load.stop();
      expectOutcome(result, 'completed');
      expect(failures).toEqual([]);
      expect(writes.attempted).toBeGreaterThan(10);
      await log.expectNothingLost();

      const size = result.currentTree?.size ?? 0;
      expect(result.keyChange).toEqual({
        ...{ former: first.logId, next: second.key.logId },
        fromIndex: result.nextTree?.firstIndex,
      });
      expect(result.tellDownstream.join(' ')).toContain(
        `from index ${size} on entries are signed with the key`,
      );
      expect((await keyOf(activeTreeId)).logId).toBe(first.logId);
      expect((await keyOf()).logId).toBe(second.key.logId);
      texts.push(JSON.stringify(result), JSON.stringify(receiptOf(result)));
      for (const index of [0, size - 1]) old.push(await entryAt(index));
      for (const index of [size, size + 1]) recent.push(await entryAt(index));
    });

    it('verifies what it has signed, and nothing else does: by @sigstore/verify', () => {
      const baseUrl = log.section.publicUrl;
      for (const entry of old) {
        expect(verifyAsBundle(entry, first, baseUrl)).toBe(true);
        expect(() => verifyAsBundle(entry, second.key, baseUrl)).toThrow('@sigstore/verify');
      }
      for (const entry of recent) {
        expect(verifyAsBundle(entry, second.key, baseUrl)).toBe(true);
        expect(() => verifyAsBundle(entry, first, baseUrl)).toThrow('@sigstore/verify');
      }
    });

    it('verifies what it has signed, and nothing else does: by rekor-cli', async () => {
      const { rekorCli } = await ensureBinaries(() => undefined);
      const verifies = async (entry: LogEntry, trusted?: LogKey): Promise<boolean> => {
        // rekor: cmd/rekor-cli/app/get.go, loadVerifier: a key that it is given stands in for the one of the shard.
        const key = trusted ? { REKOR_REKOR_SERVER_PUBLIC_KEY: pemOf(trusted) } : {};
        const env = { PATH: process.env['PATH'], HOME: log.newDirectory(), ...key };
        const args = ['get', '--uuid', entry.entryId, '--rekor_server', log.publicUrl];
        return await run(rekorCli, args, { env }).then(
          () => true,
          () => false,
        );
      };
      for (const entry of old) {
        expect(await verifies(entry)).toBe(true);
        expect(await verifies(entry, first)).toBe(true);
        expect(await verifies(entry, second.key)).toBe(false);
      }
      for (const entry of recent) {
        expect(await verifies(entry)).toBe(true);
        expect(await verifies(entry, second.key)).toBe(true);
        expect(await verifies(entry, first)).toBe(false);
      }
    });

    it('stays, as long as the configuration names it; and another one follows', async () => {
      const { activeTreeId: ofSecond } = await log.serving();
      const stays = await log.rotate();
      expectOutcome(stays, 'completed');
      expect(stays.plan?.signer).toEqual({
        ...{ changes: false, what: `the key file ${second.keyFile}`, named: [] },
      });
      expect(stays).not.toHaveProperty('keyChange');
      expect(stays.tellDownstream.join(' ')).toContain('the key is the same');

      trustedRoot = trusting(second.key, third.key);
      await configured({ keyFile: third.keyFile, trustedRootUrl });
      const follows = await log.rotate();
      expectOutcome(follows, 'completed');
      expect(follows.keyChange).toMatchObject({ former: second.key.logId, next: third.key.logId });
      const trees = [ofSecond, stays.nextTree?.treeId ?? '', follows.nextTree?.treeId];
      const keys = await Promise.all(trees.map(async (tree) => (await keyOf(tree)).logId));
      expect(keys).toEqual([second.key.logId, second.key.logId, third.key.logId]);
      for (const entry of old) expect((await entryAt(entry.logIndex)).logId).toBe(first.logId);
      texts.push(JSON.stringify([stays, follows]));
      await log.expectGoesOn();
    });

    it('is the same after both slots were started again', async () => {
      const { current, next } = await log.serving();
      await log.byHand(current, 'stop');
      await log.byHand(current, 'start');
      await log.expectWritable();
      expect((await keyOf()).logId).toBe(third.key.logId);
      const environments = slotNames.map((slot) =>
        readFileSync(slotFiles(files(), slot).environment, 'utf8'),
      );
      for (const text of environments)
        expect(text).toContain(`SIGNER_KEY=${third.keyFile}\nSIGNER_PASSWORD=\n`);
      const lists = [current, next].map((slot) => readFileSync(slotFiles(files(), slot).sharding, 'utf8'));
      expect(lists[0]).toBe(lists[1]);
    });

    it('has a password that stands nowhere but in the files of the slots (H28)', async () => {
      texts.push(log.worker.output(), ...(await histories()), ...writtenFiles());
      expect(texts.length).toBeGreaterThan(20);
      // The search finds what is there.
      const keptIn = readFileSync(slotFiles(files(), (await log.serving()).current).sharding, 'latin1');
      expect(keptIn).toContain(PASSWORD);
      for (const text of texts) {
        for (const form of [PASSWORD, Buffer.from(PASSWORD).toString('base64').slice(0, -4)]) {
          expect(text.includes(form)).toBe(false);
        }
      }
    });

    /** Everything that Temporal keeps of any workflow, bytes as they are. */
    async function histories(): Promise<string[]> {
      const found: string[] = [];
      for await (const { workflowId, runId } of log.temporal.workflow.list()) {
        found.push(bytesIn(await log.temporal.workflow.getHandle(workflowId, runId).fetchHistory()));
      }
      expect(found.join('')).toContain(second.keyFile);
      return found;
    }

    /** What the parts have written, but for what belongs to the slots' Rekor. */
    function writtenFiles(): string[] {
      const { directory: lab, logs, slots } = files();
      const ofSlots = slotNames.map((slot) => slotFiles(files(), slot).log);
      const written = [logs, lab].flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
      const readable = [...written, ...ofSlots, join(slots, 'rekor.env')].filter((file) =>
        statSync(file).isFile(),
      );
      return readable.map((file) => readFileSync(file, 'latin1'));
    }
  });

  function receiptOf(result: RotationResult): Receipt {
    const at = new Date().toISOString();
    const course = {
      ...{ workflow: { workflowId: 'w', runId: 'r' }, startedAt: at, endedAt: at },
      ...{ startedBy: null, temporal: null, version: 'test' },
    };
    return makeReceipt(result, course);
  }
});

function pemOf({ key }: LogKey): string {
  return createPublicKey(key.export({ type: 'spki', format: 'pem' }))
    .export({ type: 'spki', format: 'pem' })
    .toString();
}

/** All texts and bytes below a value. */
function bytesIn(value: unknown): string {
  if (typeof value === 'string') return value;
  if (ArrayBuffer.isView(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1');
  }
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value).map(bytesIn).join('\n');
}

/** The arguments of every process of this host, again and again. */
function watchProcesses(): { stop(): Promise<string> } {
  const seen = new Set<string>();
  const ended = new AbortController();
  const look = (): void => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        seen.add(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
      } catch {
        // It has ended.
      }
    }
  };
  const watching = (async () => {
    while (!ended.signal.aborted) {
      look();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return {
    async stop() {
      ended.abort();
      await watching;
      const text = [...seen].join('\n');
      expect(text).toContain('rekor_server.signer');
      return text;
    },
  };
}
