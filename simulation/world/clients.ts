import type { GateClient } from '../../activities/gate';
import { refuse, type RefusalError } from '../../activities/errors/refusal-error';
import type { RekorClient } from '../../activities/clients/rekor';
import type { LogVerifier, VerificationTarget } from '../../activities/verification/verification';
import { throwIfAborted } from '../../activities/bounds/waiting';
import type { Instance } from '../../workflows/model/log';
import type { VerificationReport } from '../../workflows/model/rotation';
import type { Random } from '../random';
import type { VirtualTime } from '../virtual-time';
import type { SimulatedGate } from './gate';
import type { SimulatedHost } from './host';
import { type Network, NoAnswer } from './network';
import { RekorGone, type RekorProcess } from './rekor';
import { type SimulatedTrillian, TrillianSaysNo } from './trillian';

const TIMEOUT_MS = 5000;

/** Where clients of the log come: through the gate. */
export const PUBLIC_URL = 'http://gate:3000';

interface Parts {
  readonly log: string;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly network: Network;
  readonly host: SimulatedHost;
  readonly gate: SimulatedGate;
  readonly trillian: SimulatedTrillian;
}

type Ask = <Result>(
  url: string,
  name: string,
  signal: AbortSignal,
  question: (process: RekorProcess) => Result,
) => Promise<Result>;

/** Asks whoever answers at an address, over the simulated network; refuses REKOR_UNREACHABLE. */
function asking({ log, time, network, host, gate }: Parts): Ask {
  return async (url, name, signal, question) => {
    throwIfAborted(signal);
    try {
      const deadline = time.now + TIMEOUT_MS;
      return await network.send(
        { system: 'rekor', method: `GET from ${name}`, changes: false, deadline, signal },
        () => {
          const process = url === PUBLIC_URL ? gate.read() : host.at(url);
          if (!process) {
            throw new RekorGone(name);
          }
          return question(process);
        },
      );
    } catch (error) {
      throwIfAborted(signal);
      const reason = error instanceof Error ? error.message : String(error);
      throw refuse('REKOR_UNREACHABLE', { log, instance: name, url, reason });
    }
  };
}

/** What the rotation asks of Rekor. */
export function rekorClient(parts: Parts): RekorClient {
  const ask = asking(parts);
  return {
    log: (instance: Instance, signal) => ask(instance.url, instance.name, signal, (process) => process.log()),
    entryAt: (instance, index, signal) =>
      ask(instance.url, instance.name, signal, (process) => process.entryAt(index)),
    publicKey: (instance, _treeId, signal) =>
      ask(instance.url, instance.name, signal, (process) => {
        process.log();
        return '-----BEGIN PUBLIC KEY-----';
      }),
    switchedOff: (instance, signal) =>
      ask(instance.url, instance.name, signal, (process) => {
        process.log();
        return [];
      }),
  };
}

/** Orders to the gate, as activities/gate.ts gives them. */
export function gateClient({ log, time, network, gate }: Parts): GateClient {
  const url = 'http://gate:3001';
  const unreachable = (reason: string): RefusalError => refuse('GATE_UNREACHABLE', { log, url, reason });

  async function ask<Result>(
    method: string,
    changes: boolean,
    signal: AbortSignal,
    effect: () => Promise<Result> | Result,
  ): Promise<Result> {
    throwIfAborted(signal);
    try {
      const deadline = time.now + TIMEOUT_MS;
      return await network.send({ system: 'gate', method, changes, deadline, signal }, effect);
    } catch (error) {
      throwIfAborted(signal);
      throw error instanceof NoAnswer ? unreachable(error.message) : (error as Error);
    }
  }

  async function give(
    kind: string,
    number: number,
    signal: AbortSignal,
    take: () => ReturnType<SimulatedGate['order']>,
  ) {
    const answer = await ask(kind, true, signal, async () => {
      const taken = await take();
      if (!taken) {
        throw unreachable('connection refused');
      }
      return taken;
    });
    const { ruling, state } = answer;
    if (!ruling.accepted) {
      throw refuse('GATE_ORDER_REFUSED', { number, has: state.number, mode: state.mode });
    }
    return state;
  }

  return {
    state: (signal) =>
      ask('state', false, signal, () => {
        const state = gate.state();
        if (!state) {
          throw unreachable('connection refused');
        }
        return state;
      }),
    hold: (order, signal) => give('hold', order.number, signal, () => gate.order({ kind: 'hold', order })),
    release: (order, signal) =>
      give('release', order.number, signal, () => gate.order({ kind: 'release', order })),
    tellShards: (notice, signal) =>
      give('shards', notice.number, signal, () => gate.hear((desk) => desk.hear(notice))),
    tellNext: (notice, signal) =>
      give('next', notice.number, signal, () => gate.hear((desk) => desk.hearOfNext(notice))),
  };
}

/** Proves what an address serves, as far as there is something to prove in the model. */
export function logVerifier(parts: Parts): LogVerifier {
  const ask = asking(parts);
  const { log, random, trillian } = parts;
  const failsAt =
    (url: string) =>
    (reason: string): RefusalError =>
      refuse('VERIFICATION_FAILED', { what: `${log} at ${url}`, reason });
  const askingAt =
    (url: string, signal: AbortSignal): OfProcess =>
    (question) =>
      ask(url, url, signal, (process) => {
        try {
          return question(process);
        } catch (error) {
          throw error instanceof TrillianSaysNo ? failsAt(url)(error.message) : error;
        }
      });
  return {
    async rehearse({ url }, expected, signal) {
      const ofProcess = askingAt(url, signal);
      const shards = expected ? await provenShards(expected, ofProcess, failsAt(url), trillian) : [];
      const total = shards.reduce((sum, { length }) => sum + length, 0);
      await ofProcess((process) => process.log());
      await ofProcess((process) => process.entryAt(0));
      if (total > 0 && !(await ofProcess((process) => process.entryAt(total - 1)))) {
        throw failsAt(url)(`there is no entry at index ${total - 1}`);
      }
      return { hostname: 'gate', logId: 'one key' };
    },

    async verify(target, signal): Promise<VerificationReport> {
      const fails = failsAt(target.address.url);
      const ofProcess = askingAt(target.address.url, signal);
      const shards = await provenShards(target, ofProcess, fails, trillian);
      let firstIndex = 0;
      let proven = 0;
      for (const { treeId, length } of shards) {
        const leaves = new Set([0, length - 1, random.whole(0, Math.max(length - 1, 0))]);
        for (const leaf of [...leaves].filter((index) => index >= 0 && index < length)) {
          const index = firstIndex + leaf;
          const entry = await ofProcess((process) => process.entryAt(index));
          if (entry?.treeId !== treeId || entry.leafIndex !== leaf) {
            throw fails(`index ${index} is not leaf ${leaf} of tree ${treeId}`);
          }
          const byUuid = await ofProcess((process) => process.entryInTree(treeId, entry.uuid));
          if (byUuid?.logIndex !== index) {
            throw fails(`entry ${entry.uuid} has not the index ${index}`);
          }
          proven += 1;
        }
        firstIndex += length;
      }
      return {
        entriesVerified: proven,
        proofsVerified: proven * 3,
        checkpointsVerified: shards.length,
        shards: shards.map(({ treeId, length }) => ({
          treeId,
          length,
          entriesVerified: Math.min(length, 3),
        })),
        withoutBundle: 0,
      };
    },
  };
}

type OfProcess = <Result>(question: (process: RekorProcess) => Result) => Promise<Result>;

async function provenShards(
  target: Pick<VerificationTarget, 'activeTreeId' | 'inactive' | 'rootHashes' | 'handoverLeafHash'>,
  ofProcess: OfProcess,
  fails: (reason: string) => RefusalError,
  trillian: SimulatedTrillian,
): Promise<{ readonly treeId: string; readonly length: number }[]> {
  const served = await ofProcess((process) => process.log());
  if (served.activeTreeId !== target.activeTreeId) {
    throw fails(`its active tree is ${served.activeTreeId}, not ${target.activeTreeId}`);
  }
  const listed = served.inactive.map((shard) => shard.treeId).join();
  const wanted = target.inactive.map((shard) => shard.treeId).join();
  if (listed !== wanted) {
    throw fails(`its inactive shards are [${listed}], not [${wanted}]`);
  }
  for (const [position, { treeId, length }] of target.inactive.entries()) {
    const { loadedLength, liveLength } = served.inactive[position] ?? {};
    if (loadedLength !== length || liveLength !== length) {
      throw fails(
        `tree ${treeId} has ${liveLength ?? '?'} entries, loaded ${loadedLength ?? '?'}, not ${length}`,
      );
    }
    const known = target.rootHashes?.[treeId];
    if (known !== undefined && known !== trillian.head(treeId).rootHash) {
      throw fails(`the root of tree ${treeId} is another one`);
    }
  }
  const { handoverLeafHash } = target;
  if (
    handoverLeafHash !== undefined &&
    trillian.leaves(target.activeTreeId, 0, 1)[0]?.uuid !== handoverLeafHash
  ) {
    throw fails(`its first leaf is not the handover`);
  }
  return [...target.inactive, { treeId: target.activeTreeId, length: served.active.size }];
}
