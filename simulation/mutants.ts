import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { TreeQueue } from '../activities/tree-queue/tree-queue';
import type { TrillianClient } from '../activities/clients/trillian';
import { refuse } from '../activities/errors/refusal-error';
import type { LogSystems } from '../activities/systems';
import type { AttemptInput, StandByInput } from '../workflows/model/actions';
import type { TreeId } from '../workflows/model/log';
import { replaced, type Mutant } from './mutant';
import { scheduleMutantNames, scheduleMutants } from './schedule-mutants';
import { shardingFile, slotNames } from './world/host';
import { NoAnswer } from './world/network';
import { CURRENT_TREE } from './world/world';

/** Those that only several gates can have. */
export const gateMutantNames = [
  'gate serves uninformed',
  'gate heals unasked',
  'silent gate left out',
  'sent before all are switched',
] as const;

export const mutantNames = [
  'freeze skipped',
  'length read before the proof',
  'drained before calls have ended',
  'taken over too early',
  'calls of the dead forgotten',
  'any database believed',
  'list order swapped',
  'undo skipped',
  'undo registered late',
  'wrong tree retired',
  'send before switch',
  'retry without deadline',
  'handover kept over attempts',
  'ACTIVE written late',
  'approval kept over plans',
  'rehearsed with an open tree',
  ...gateMutantNames,
  ...scheduleMutantNames,
] as const;
export type MutantName = (typeof mutantNames)[number];

/** Faults that a rotation could have, each of which the simulation must find (H37). */
export const mutants: Readonly<Record<MutantName, Mutant>> = {
  ...scheduleMutants,

  /** The current tree only seems to be closed. */
  'freeze skipped': {
    systems: (systems) => {
      const seems = new Map<TreeId, 'DRAINING' | 'FROZEN'>();
      const { trillian } = systems;
      return withTrillian(systems, {
        setState: async (treeId, state, bounds) => {
          if (treeId !== CURRENT_TREE || state === 'ACTIVE') {
            seems.delete(treeId);
            return await trillian.setState(treeId, state, bounds);
          }
          seems.set(treeId, state);
          return { ...(await trillian.getTree(treeId, bounds)), state };
        },
        getTree: async (treeId, bounds) => {
          const tree = await trillian.getTree(treeId, bounds);
          return { ...tree, state: seems.get(treeId) ?? tree.state };
        },
      });
    },
  },

  /** Nothing is waited for between DRAINING and the reading of the length. */
  'length read before the proof': {
    systems: (systems) => ({
      ...systems,
      metrics: {
        ...systems.metrics,
        queueLeafInFlight: () => Promise.resolve(0),
        signer: async (treeId, signal) => {
          const passes = await systems.metrics.signer(treeId, signal);
          return { ...passes, runs: performance.now(), added: 0 };
        },
      },
      ...(systems.queue && { queue: { ...systems.queue, read: emptyQueue(systems) } }),
    }),
  },

  /** An empty queue is believed while calls that saw the tree open may still fill it. */
  'drained before calls have ended': {
    systems: (systems) => ({
      ...systems,
      metrics: { ...systems.metrics, queueLeafInFlight: () => Promise.resolve(0) },
    }),
  },

  /** The worker that stands by does not wait until the section can act no more. */
  'taken over too early': {
    activities: (activities) => ({
      ...activities,
      standBy: (input: StandByInput) =>
        (activities['standBy'] as (input: StandByInput) => Promise<unknown>)({ ...input, waitMs: 300 }),
    }),
  },

  /** A worker that is killed leaves nothing of the calls that may still land. */
  'calls of the dead forgotten': {
    intents: (intents) => ({
      begin: async (log, task) => {
        const open = await intents.begin(log, task);
        return { ...open, keep: (kept) => open.keep({ ...kept, mayLandUntil: 0 }) };
      },
      leftBehind: (log) => intents.leftBehind(log),
    }),
  },

  /** An empty queue proves a drain whosever it is. */
  'any database believed': {
    systems: (systems) => {
      const { queue, trillian } = systems;
      if (!queue) {
        return systems;
      }
      const read: TreeQueue['read'] = async (treeId, signal) => {
        const row = await queue.read(treeId, signal);
        const { state, updatedAtMs } = await trillian.getTree(treeId, { signal });
        return { state, updatedAtMs, queued: row?.queued ?? 0 };
      };
      return { ...systems, queue: { ...queue, read } };
    },
  },

  /** The current tree is put before the others in the next release's list. */
  'list order swapped': {
    systems: (systems) => ({
      ...systems,
      installation: {
        ...systems.installation,
        stage: async (replacement, planned, bounds) => {
          await systems.installation.stage(replacement, planned, bounds);
          const slot = slotNames.find((name) => name === replacement.next.id);
          if (slot === undefined) return;
          const path = shardingFile(slot);
          const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
          await writeList(path, [...lines.slice(1), ...lines.slice(0, 1)]);
        },
      },
    }),
  },

  /** Nobody opens the current tree again. */
  'undo skipped': {
    activities: (activities) => ({ ...activities, allowWritesToCurrent: () => Promise.resolve() }),
  },

  /** A step that fails after its effect has no undo. */
  'undo registered late': {
    bundle: (text) =>
      replaced(
        replaced(
          text,
          /this\.register\(undo\);\s*(const began = Date\.now\(\);\s*this\.#journal\.begins\(name, false\);\s*const result = await act\(\);)/,
          '$1 this.register(undo);',
        ),
        /undos\.forEach\(\(undo\) => this\.register\(undo\)\);([\s\S]{0,500}?const result = await act\(\);)/,
        '$1 undos.forEach((undo) => this.register(undo));',
      ),
  },

  /** The tree that is left FROZEN in the end is the current one. */
  'wrong tree retired': {
    activities: (activities, systems) => ({
      ...activities,
      retireNextTree: async () => {
        await systems.trillian.setState(CURRENT_TREE, 'FROZEN', { signal: new AbortController().signal });
      },
    }),
  },

  /** Held writes are let go before they are sent elsewhere. */
  'send before switch': {
    systems: (systems) => ({
      ...systems,
      traffic: {
        ...systems.traffic,
        send: async (order, signal) => {
          const { instances } = await systems.traffic.state(signal);
          await systems.traffic.send({ ...order, instances }, signal);
          await systems.traffic.send(order, signal);
        },
      },
    }),
  },

  /** A call may land after its retry or its undo has begun. */
  'retry without deadline': {
    systems: (systems) => {
      const { trillian } = systems;
      const boundless = <Rest extends readonly unknown[], Result>(
        act: (...all: [...Rest, Parameters<TrillianClient['listTrees']>[0]]) => Promise<Result>,
      ) =>
        (async (...all: [...Rest, Parameters<TrillianClient['listTrees']>[0]]) => {
          const bounds = all.pop() as Parameters<TrillianClient['listTrees']>[0];
          const bound = { signal: bounds.signal, timeoutMs: 8_000 };
          const args = [...all, bound] as unknown as Parameters<typeof act>;
          try {
            return await act(...args);
          } catch (error) {
            // It is believed to be over as soon as no answer came.
            if (error instanceof Error && error.name === 'CallOutcomeUnknown') {
              Object.assign(error, { mayLandUntil: 0 });
            }
            throw error;
          }
        }) as typeof act;
      return withTrillian(systems, {
        setState: boundless((...all: Parameters<TrillianClient['setState']>) => trillian.setState(...all)),
        createTree: boundless((...all: Parameters<TrillianClient['createTree']>) =>
          trillian.createTree(...all),
        ),
        queueLeaf: boundless((...all: Parameters<TrillianClient['queueLeaf']>) => trillian.queueLeaf(...all)),
      });
    },
  },

  /** An attempt goes on with a tree that may hold the handover leaf of the one before. */
  'handover kept over attempts': {
    bundle: (text) => replaced(text, /if \(nextTreeUsed\) \{/, 'if (false) {'),
  },

  /** A plan that changes is not asked about again, and what was approved before passes under the lock. */
  'approval kept over plans': {
    bundle: (text) =>
      replaced(
        replaced(text, /plan\.hash === planHash \|\| policy\.required === 'none'/, 'true'),
        /const asked = \{ log, rotationId, planHash: hash, expiresAt \};/,
        `const [, approved = hash] = /plan=(\\w+)/.exec(given[0]?.input.approval ?? '') ?? [];
         const asked = { log, rotationId, planHash: approved, expiresAt };`,
      ),
  },

  /** One of several gates serves by its state file alone. */
  'gate serves uninformed': { gate: { startsInformed: true } },

  /** One of several gates goes on by itself when its lease has ended. */
  'gate heals unasked': {
    gate: {
      inquiry: (inquiry, hold) => {
        let hasStarted = false;
        return {
          begin: async (inquirer) => {
            if (hasStarted) hold.inform();
            else await inquiry.begin(inquirer);
            hasStarted = true;
          },
          end: () => inquiry.end(),
        };
      },
    },
  },

  /** A gate that is silent is believed to be dead. */
  'silent gate left out': {
    oneGate: (gate) => ({
      ...gate,
      state: async (signal) => {
        try {
          return await gate.state(signal);
        } catch {
          const { log, url } = gate;
          throw refuse('GATE_UNREACHABLE', { log, url, reason: '' }, new NoAnswer('ECONNREFUSED'));
        }
      },
    }),
  },

  /** Each gate sends writes on when it is switched. */
  'sent before all are switched': {
    oneGate: (gate) => ({ ...gate, switch: (order, signal) => gate.send(order, signal) }),
  },

  /** A rehearsal opens the tree that its release names, for more of the truth. */
  'rehearsed with an open tree': {
    activities: (activities, systems) => ({
      ...activities,
      rehearseSection: async (input: AttemptInput) => {
        const bounds = { signal: new AbortController().signal };
        await systems.trillian.setState(input.release.nextTreeId, 'ACTIVE', bounds);
        return await (activities['rehearseSection'] as (same: AttemptInput) => Promise<unknown>)(input);
      },
    }),
  },

  /** A tree becomes ACTIVE a while after that was answered. */
  'ACTIVE written late': {
    systems: (systems) => {
      const { trillian } = systems;
      return withTrillian(systems, {
        setState: async (treeId, state, bounds) => {
          if (state !== 'ACTIVE') {
            return await trillian.setState(treeId, state, bounds);
          }
          const late = async (): Promise<void> => {
            await wait(300);
            await trillian.setState(treeId, state, { signal: new AbortController().signal });
          };
          late().catch(() => undefined);
          return { ...(await trillian.getTree(treeId, bounds)), state };
        },
      });
    },
  },
};

/** A database that shows every tree as it is, and no leaf in its queue. */
function emptyQueue({ trillian }: LogSystems): TreeQueue['read'] {
  return async (treeId, signal) => {
    const { state, updatedAtMs } = await trillian.getTree(treeId, { signal });
    return { state, updatedAtMs, queued: 0 };
  };
}

function withTrillian(systems: LogSystems, changed: Partial<TrillianClient>): LogSystems {
  return { ...systems, trillian: { ...systems.trillian, ...changed } };
}

async function writeList(path: string, lines: readonly string[]): Promise<void> {
  await writeFile(path, `${lines.join('\n')}\n`);
}
