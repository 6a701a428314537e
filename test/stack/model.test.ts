import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connectPostgresql } from '../../activities/tree-queue/postgresql';
import { connectRekor } from '../../activities/clients/rekor';
import { connectMetrics } from '../../activities/clients/metrics';
import { connectTrillian } from '../../activities/clients/trillian';
import { artifactSigner, hashedRekord } from '../../load/artifact';
import { signalRecorded } from '../../lab/process';
import { prepareRekor, type RekorInstance } from '../../lab/rekor-instance';
import { type Backend, type ScriptedRekor, Stage } from '../../simulation/scripts/backend';
import { run, scripts } from '../../simulation/scripts/scripts';
import { serverAt } from '../../harness/database';
import { ensureBinaries } from '../../tools/binaries';
import { type LabProcess, startLab } from '../../harness/lab-process';
import { lockTable } from './table-lock';
import { PATIENCE_MS } from '../../harness/waiting';

/**
 * The real Trillian, Rekor and PostgreSQL do what the simulation's do: the same scripts, with what each must see, run on
 * the simulation in test/simulation/model.test.ts.
 */
const signal = new AbortController().signal;
const rekors: RekorInstance[] = [];
let directory: string;
let lab: LabProcess;
let backend: Backend;
let close: () => Promise<void>;

beforeAll(async () => {
  lab = await startLab();
  directory = mkdtempSync(join(tmpdir(), 'rekor-rotate-model-'));
  const { rekorServer } = await ensureBinaries(() => undefined);
  const { ports } = JSON.parse(readFileSync(lab.files.record, 'utf8')) as { ports: Record<string, number> };
  const address = `127.0.0.1:${ports['trillian']}`;
  const page = (port: string): string => `http://127.0.0.1:${ports[port]}/metrics`;
  const databaseUrl = readFileSync(lab.files.databaseUrl, 'utf8').trim();
  const trillian = connectTrillian({ log: 'lab', address });
  const queue = connectPostgresql(serverAt(databaseUrl));
  backend = {
    trillian,
    queue,
    metrics: connectMetrics({
      log: 'lab',
      logServers: [page('trillianMetrics')],
      signers: [page('signerMetrics')],
    }),
    rest: (ms) => pause(ms),
    stopSigner: () => {
      signalSigner('SIGSTOP');
      return Promise.resolve(() => {
        signalSigner('SIGCONT');
        return Promise.resolve();
      });
    },
    blockLeaves: () => lockTable(databaseUrl, 'LeafData'),
    blockPasses: () => lockTable(databaseUrl, 'SequencedLeafData'),
    rekor: async (treeId, inactive) => {
      const prepared = await prepareRekor({ rekorServer, trillian: address, treeId, inactive, directory });
      const instance = prepared.start();
      rekors.push(instance);
      return await answering(instance);
    },
  };
  close = async () => {
    trillian.close();
    await queue.close();
  };
});

afterAll(async () => {
  await Promise.all(rekors.map((instance) => instance.stop()));
  await close();
  await lab.end();
  rmSync(directory, { recursive: true, force: true });
});

it.each(scripts.map((script) => [script.name, script] as const))('%s', async (_name, script) => {
  await expect(run(script, new Stage(backend))).resolves.toEqual(script.seen);
});

function signalSigner(name: 'SIGSTOP' | 'SIGCONT'): void {
  if (!signalRecorded(join(lab.files.running, 'trillian-log-signer.pid'), name)) {
    throw new Error('no signer runs');
  }
}

/** The process as soon as it answers, with an error too; null when it ends first. */
async function answering(instance: RekorInstance): Promise<ScriptedRekor | null> {
  const child = { runs: true };
  instance
    .serves(() => false)
    .catch(() => {
      child.runs = false;
    });
  const ask = async (): Promise<Response | null> => {
    try {
      return await fetch(`${instance.url}/api/v1/log`, { signal: AbortSignal.timeout(5_000) });
    } catch {
      return null;
    }
  };
  while (!(await ask())) {
    if (!child.runs) {
      return null;
    }
    await pause(10);
  }
  return scripted(instance);
}

function scripted({ url }: RekorInstance): ScriptedRekor {
  const client = connectRekor({ log: 'lab' });
  const instance = { name: 'scripted', url };
  return {
    log: async () => {
      try {
        const { active, inactive } = await client.log(instance, signal);
        const lengths = inactive.map(({ loadedLength, liveLength }) => ({
          loaded: loadedLength,
          live: liveLength,
        }));
        return { size: active.size, inactive: lengths };
      } catch {
        return null;
      }
    },
    post: async (name) => {
      const response = await fetch(`${url}/api/v1/log/entries`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: entryOf(name),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const [entry] =
        response.status === 201
          ? Object.values((await response.json()) as Record<string, { readonly logIndex: number }>)
          : [];
      return { status: response.status, ...(entry && { index: entry.logIndex }) };
    },
    at: async (index) => {
      const entry = await client.entryAt(instance, index, signal);
      return entry && { treeId: entry.treeId, leaf: entry.leafIndex };
    },
  };
}

const sign = artifactSigner();
const entries = new Map<string, string>();

/** The entry of a name: always the same one. */
function entryOf(name: string): string {
  const known = entries.get(name) ?? hashedRekord(sign());
  entries.set(name, known);
  return known;
}
