import { copyFileSync, writeFileSync } from 'node:fs';
import tls from 'node:tls';
import { readAuthorities } from '../../activities/clients/authorities';
import { RefusalError } from '../../activities/errors/refusal-error';
import type { GateOptions } from '../../gate/gate';
import { privateAuthority, tlsProxy } from '../activities/private-authority';
import { shardedRekor, type ShardedRekor } from './sharded-rekor';
import { ask, useStarted, until, type TestGate } from './support';

const started = useStarted();

const shards = { activeTreeId: '12', inactive: [{ treeId: '11', length: 42 }] };
const authority = privateAuthority();
const another = privateAuthority();

interface Setting {
  readonly rekor: ShardedRekor;
  readonly url: string;
  /** Ends every connection to it, as a restart does. */
  readonly restart: () => void;
}

/** A Rekor behind TLS, with a certificate that only `authority` vouches for. */
async function behindTls(): Promise<Setting> {
  const rekor = await shardedRekor(started, shards);
  const proxy = await tlsProxy(authority.serverFor('127.0.0.1'), Number(new URL(rekor.url).port));
  started.later(() => proxy.close());
  return { rekor, url: proxy.url, restart: () => rekor.restart(shards) };
}

/** A gate that trusts who is in `file` at the moment. */
function gateTrusting(file: string, url: string, options: Partial<GateOptions> = {}): Promise<TestGate> {
  const authorities = (): string => readAuthorities({ field: 'logs.test.tls.caFile', file });
  return started.gate({ firstInstances: [url], authorities, ...options });
}

async function copied(file: string): Promise<string> {
  const copy = `${await started.directory()}/ca.pem`;
  copyFileSync(file, copy);
  return copy;
}

const read = (gate: TestGate): ReturnType<typeof ask> => ask(gate.url, { path: '/api/v1/log' });

describe('a slot with https', () => {
  it('is trusted by the authorities of tls.caFile, for reads, for writes and for its proof', async () => {
    const { rekor, url } = await behindTls();
    const gate = await gateTrusting(authority.file, url);
    expect((await read(gate)).status).toBe(200);
    expect((await gate.write('before any shards are known')).status).toBe(201);
    await gate.tell({ number: 0, instances: [url], shards });
    expect((await gate.write('over a proven connection')).status).toBe(201);
    expect(rekor.writes).toHaveLength(2);
  });

  it('gets nothing when they do not vouch for it', async () => {
    const { rekor, url } = await behindTls();
    const gate = await gateTrusting(another.file, url, { maxWaitMs: 50 });
    expect((await read(gate)).status).toBe(502);
    await gate.tell({ number: 0, instances: [url], shards });
    expect((await gate.write('one')).status).toBe(503);
    expect(rekor.rekor.seen).toEqual([]);
  });

  it('is trusted as soon as the file is changed', async () => {
    const { url } = await behindTls();
    const file = await copied(another.file);
    const gate = await gateTrusting(file, url);
    expect((await read(gate)).status).toBe(502);
    copyFileSync(authority.file, file);
    expect((await read(gate)).status).toBe(200);
  });

  it('costs no look at its authorities with each connection, as long as they are the same', async () => {
    const { rekor, url, restart } = await behindTls();
    const file = await copied(authority.file);
    const gate = await gateTrusting(file, url);
    const looks = jest.spyOn(tls, 'createSecureContext');
    for (let connection = 1; connection <= 3; connection += 1) {
      expect((await read(gate)).status).toBe(200);
      restart();
      await until('that connection has ended', () => rekor.rekor.open() === 0);
    }
    const whileTheSame = looks.mock.calls.length;
    copyFileSync(another.file, file);
    expect((await read(gate)).status).toBe(502);
    expect([whileTheSame, looks.mock.calls.length]).toEqual([1, 2]);
    looks.mockRestore();
  });

  it('is not reached with a file that cannot be used, and clients do not learn its path', async () => {
    const { url, restart } = await behindTls();
    const file = await copied(authority.file);
    const gate = await gateTrusting(file, url);
    writeFileSync(file, 'no certificate');
    restart();
    const reply = await read(gate);
    expect(reply.status).toBe(502);
    expect(reply.body).toContain('tls.caFile cannot be used');
    expect(reply.body).not.toContain(file);
  });

  it('is no reason to start a gate that could not reach it', async () => {
    const { url } = await behindTls();
    const file = await copied(authority.file);
    writeFileSync(file, 'no certificate');
    const start = gateTrusting(file, url);
    await expect(start).rejects.toThrow(RefusalError);
    await expect(start).rejects.toMatchObject({ refusal: { code: 'TLS_FILE_UNUSABLE' } });
  });
});
