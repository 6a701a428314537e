import { connectMetrics } from '../../activities/clients/metrics';
import { connectTrillian } from '../../activities/clients/trillian';
import { Random } from '../random';
import { VirtualTime } from '../virtual-time';
import { httpTransport, LOG_SERVER_METRICS, SIGNER_METRICS } from '../world/http-servers';
import { Network } from '../world/network';
import { RekorProcess } from '../world/rekor';
import { SimulatedTrillian } from '../world/trillian';
import { trillianTransport } from '../world/trillian-server';
import { simulatedTreeQueue } from '../world/tree-queue';
import { type Backend, type ScriptedRekor, Stage } from './backend';
import { run, type Script } from './scripts';

/** Runs a script on the simulation's Trillian and Rekor, in virtual time. */
export async function runSimulated(script: Script, seed: number): Promise<readonly string[]> {
  const time = new VirtualTime();
  const stage = new Stage(simulatedBackend(time, new Random(seed)));
  let outcome: (() => readonly string[]) | undefined;
  run(script, stage).then(
    (seen) => {
      outcome = () => seen;
    },
    (error: unknown) => {
      outcome = () => {
        throw error;
      };
    },
  );
  await time.run(() => outcome !== undefined);
  return outcome?.() ?? [];
}

function simulatedBackend(time: VirtualTime, random: Random): Backend {
  const trillian = new SimulatedTrillian({
    time,
    random: random.stream('trillian'),
    onState: () => undefined,
  });
  const network = new Network({
    time,
    random: random.stream('network'),
    deliver: () => ({ kind: 'normal' }),
    trace: () => undefined,
  });
  const transport = httpTransport({ network, trillian, gates: [], rekorAt: () => undefined });
  const lock = (set: (locked: Promise<void> | undefined) => void) => (): Promise<() => Promise<void>> => {
    let unlock = (): void => undefined;
    set(
      new Promise((resolve) => {
        unlock = resolve;
      }),
    );
    const open = (): Promise<void> => {
      set(undefined);
      unlock();
      return Promise.resolve();
    };
    return Promise.resolve(open);
  };
  return {
    trillian: connectTrillian({
      log: 'script',
      address: 'trillian:8090',
      transport: trillianTransport({ network, trillian }),
    }),
    metrics: connectMetrics({
      log: 'script',
      logServers: [LOG_SERVER_METRICS],
      signers: [SIGNER_METRICS],
      transport,
    }),
    queue: simulatedTreeQueue({ log: 'script', time, network, trillian }),
    rest: (ms) => time.pass(ms),
    stopSigner: () => {
      trillian.stopSigner(1e9);
      return Promise.resolve(() => {
        trillian.stopSigner(0);
        return Promise.resolve();
      });
    },
    blockLeaves: lock((locked) => {
      trillian.leafLock = locked;
    }),
    blockPasses: lock((locked) => {
      trillian.passLock = locked;
    }),
    rekor: async (activeTreeId, inactiveTreeIds) => {
      await time.pass(100);
      try {
        const rekor = {
          name: 'scripted',
          time,
          random: random.stream('rekor'),
          trillian,
          onSigned: () => undefined,
        };
        return scripted(new RekorProcess(rekor, { activeTreeId, inactiveTreeIds }));
      } catch {
        return null;
      }
    },
  };
}

function scripted(process: RekorProcess): ScriptedRekor {
  return {
    log: () => {
      try {
        const { active, inactive } = process.log();
        const lengths = inactive.map(({ loadedLength, liveLength }) => ({
          loaded: loadedLength,
          live: liveLength,
        }));
        return Promise.resolve({ size: active.size, inactive: lengths });
      } catch {
        return Promise.resolve(null);
      }
    },
    post: async (name) => {
      const { status, body } = await process.post(JSON.stringify({ name }));
      const [entry] = status === 201 ? Object.values(JSON.parse(body.toString('utf8')) as Entries) : [];
      return { status, ...(entry && { index: entry.logIndex }) };
    },
    at: (index) => {
      const entry = process.entryAt(index);
      return Promise.resolve(entry && { treeId: entry.treeId, leaf: entry.leafIndex });
    },
  };
}

type Entries = Record<string, { readonly logIndex: number }>;
