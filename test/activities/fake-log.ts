import type { KeptStep } from '../../workflows/model/steps';
import { oncePerTry, type ActivityBounds } from '../../activities/bounds/activity-bounds';
import { handoverLeaf, type TreeEnd } from '../../activities/handover';
import { refuse } from '../../activities/errors/refusal-error';
import type { BoundSystems, LogSystems } from '../../activities/systems';
import { gateTraffic } from '../../activities/traffic/gate';
import type { OneGate } from '../../activities/traffic/one-gate';
import type { GateState } from '../../gate/messages';
import { sameInstances } from '../../workflows/model/base-url';
import { sendsTo } from '../../workflows/model/traffic';
import type { CriticalSectionInput } from '../../workflows/model/actions';
import type { PlannedChanges, Release, Replacement, Roles } from '../../workflows/model/installation';
import type { InstanceLog, Tree, TreeHead, TreeId, TreeState } from '../../workflows/model/log';
import { markOf } from '../../workflows/model/mark';
import type { Ownership } from '../../workflows/model/ownership';
import type { AttemptIdentity } from '../../workflows/model/fencing';
import { logTree } from '../model/log-tree';
import { patience, slotBlue, slotGreen } from '../model/two-slots';
import { aFoundLog } from '../model/found-log';

/** The attempt that the tests are about: the first of rotation `r`, with fencing number 7. */
export const identity: AttemptIdentity = { log: 'production', rotationId: 'r', attempt: 1, number: 7 };

/** Its order: tree 200 in slot blue is followed by tree 300 in slot green; shard 100 comes before both. */
export const order: CriticalSectionInput & PlannedChanges & { readonly budgetMs: number } = {
  identity,
  release: {
    attemptId: 'r/1',
    current: slotBlue,
    next: slotGreen,
    currentTreeId: '200',
    nextTreeId: '300',
    inactive: [{ treeId: '100', length: 10 }],
    patience,
  },
  ...{ changes: aFoundLog().changes, fingerprint: aFoundLog().fingerprint },
  criticalSectionMs: 2_500,
  ifNextFails: 'supersede',
  budgetMs: 2_000,
};

export const addresses: Readonly<Record<string, string>> = {
  blue: 'http://127.0.0.1:3001',
  green: 'http://127.0.0.1:3002',
};

type Mutable<Shape> = { -readonly [Key in keyof Shape]: Shape[Key] };

interface FakeTree {
  state: TreeState;
  size: number;
  /** The first leaf, when it hands over the end of another tree. */
  handover?: TreeEnd;
  readonly mark?: AttemptIdentity;
  /** Its createTree was broken off before InitLog. */
  readonly uninitialised?: true;
}

/** An attempt of an activity that lasts for longer than any test. */
export function someBounds(): ActivityBounds {
  const late = new AbortController();
  const ends = performance.now() + 300_000;
  const steps = { times: {} as Partial<Record<KeptStep, number>>, began: [] as KeptStep[] };
  return {
    signal: late.signal,
    lateSignal: late.signal,
    notAfter: Date.now() + 300_000,
    remainingMs: () => ends - performance.now(),
    steps,
    step: async (name, act) => {
      steps.began.push(name);
      const result = await act();
      steps.times[name] = 0;
      return result;
    },
    hearOfCancel: () => undefined,
    kept: undefined,
    keep: () => undefined,
    requireOnce: oncePerTry(),
  };
}

/** The same systems in another try of an activity. */
export function inAnotherTry(systems: LogSystems): BoundSystems {
  return { ...systems, bounds: someBounds() };
}

/** One log in memory, for what a step looks at and what it changes; `done` tells every change in order. */
export class FakeLog {
  readonly done: string[] = [];
  readonly trees: Record<TreeId, FakeTree> = {
    '100': { state: 'FROZEN', size: 10 },
    '200': { state: 'ACTIVE', size: 20 },
    '300': { state: 'DRAINING', size: 0, mark: identity },
  };
  readonly gate: Mutable<
    Pick<GateState, 'mode' | 'instances' | 'number' | 'attemptId' | 'shards' | 'unproven'>
  > = {
    mode: 'pass',
    instances: [addresses['blue'] ?? ''],
    number: 0,
    attemptId: null,
    shards: null,
    unproven: [],
  };
  /** What the gate has counted. */
  writes: GateState['writes'] = null;
  /** What each slot is configured with, and what its process has loaded where that is something else. */
  readonly slots: Record<string, { active: TreeId; inactive: TreeId[]; loaded?: InstanceLog }> = {
    blue: { active: '200', inactive: ['100'] },
    green: { active: '300', inactive: ['100', '200'] },
  };
  /** Who else writes its configuration. */
  ownership: Ownership | null = null;
  readonly running = new Set(['blue']);
  unfinishedOnNext: string | null = 'r/1';
  /** Trillian's quota is used up: it refuses what it charges. */
  quotaExhausted = false;
  /** What stands against the files of the slots. */
  changedFile: string | undefined;

  head(treeId: TreeId): TreeHead {
    const { size } = this.#tree(treeId);
    return { size, rootHash: size.toString(16).padStart(64, '0') };
  }

  end(treeId: TreeId): TreeEnd {
    return { treeId, ...this.head(treeId) };
  }

  /** Puts the handover leaf for the present end of a tree into another one, and some entries of clients behind it. */
  handsOver(from: TreeId, to: TreeId, entries = 0): void {
    Object.assign(this.#tree(to), { handover: this.end(from), size: 1 + entries });
  }

  /** A rotation has completed: the gate sends to the next release, whose tree takes writes. */
  isExposed(): this {
    this.#tree('200').state = 'FROZEN';
    this.handsOver('200', '300');
    this.#tree('300').state = 'ACTIVE';
    Object.assign(this.gate, { instances: [addresses['green']], number: identity.number, attemptId: 'r/1' });
    this.running.add('green');
    return this;
  }

  /** As it serves now, with the lengths that Trillian has. */
  loadedBy(slot: string): InstanceLog {
    const { active, inactive, loaded } = this.slots[slot] ?? { active: '', inactive: [] };
    return (
      loaded ?? {
        activeTreeId: active,
        active: this.head(active),
        inactive: inactive.map((treeId) => {
          const { size } = this.head(treeId);
          return { treeId, liveLength: size, loadedLength: size };
        }),
      }
    );
  }

  systems(): BoundSystems {
    const oneSigner = { signers: 1, unknownTo: [], pageBytes: 0 };
    let [runs, getTreeCalls] = [0, 0];
    const systems = {
      log: identity.log,
      bounds: someBounds(),
      publicUrl: 'http://127.0.0.1:3000',
      drain: { signerIntervalMs: 1, guardWindowMs: 0, clockDifferenceMs: 0 },
      guard: { recover: true, stuckAfterMs: 60_000 },
      approvals: aFoundLog().approvals,
      timing: {
        attempts: 3,
        pauseBetweenAttemptsMs: 1,
        criticalSectionMs: 2_500,
        soakMs: 0,
        stopCurrentAfterMs: 0,
        ifNextFails: 'supersede',
        patience: aFoundLog().timing.patience,
      },
      addresses: { trillian: '127.0.0.1:8090' },
      trillian: this.#trillian(),
      metrics: {
        queueLeafInFlight: () => Promise.resolve(0),
        getTreeCalls: () => Promise.resolve((getTreeCalls += 1)),
        signer: () => Promise.resolve({ runs: (runs += 3), failedRuns: 0, added: 0, ...oneSigner }),
        signersBehind: () => Promise.resolve([]),
      },
      queue: {
        read: (treeId: TreeId) =>
          Promise.resolve({ state: this.#tree(treeId).state, updatedAtMs: 0, queued: 0 }),
        close: () => Promise.resolve(),
      },
      rekor: {
        log: ({ name }: { name: string }) =>
          this.running.has(name)
            ? Promise.resolve(this.loadedBy(name))
            : Promise.reject(
                refuse('REKOR_UNREACHABLE', {
                  log: identity.log,
                  instance: name,
                  url: '',
                  reason: 'refused',
                }),
              ),
        entryAt: () => Promise.resolve({ treeId: '200', leafIndex: this.head('200').size - 1 }),
      },
      traffic: gateTraffic([this.#oneGate()]),
      installation: this.#installation(),
    };
    return systems as unknown as BoundSystems;
  }

  #oneGate(): OneGate {
    const idle = {
      ...{ writesInFlight: 0, streamsInFlight: 0, writesWaiting: 0 },
      ...{ bodyMemoryBytes: 0, spooledBytes: 0, hold: null },
      ...{ process: 'the gate', informed: true, switching: 'no' as const, leaseMs: 0 },
    };
    const state = (): GateState => ({ ...this.gate, ...idle, writes: this.writes });
    const ordered = async (verb: string, number: number, change: Partial<GateState>): Promise<GateState> => {
      await this.#ordered(verb, number, change);
      return state();
    };
    return {
      log: identity.log,
      url: 'http://127.0.0.1:3999',
      state: () => Promise.resolve(state()),
      hold: ({ number, attemptId: rotation }) =>
        ordered('hold', number, { mode: 'hold', attemptId: rotation }),
      begin: ({ number, attemptId: rotation }) => ordered('begin', number, { attemptId: rotation }),
      switch: ({ number, attemptId: rotation, instances }) =>
        ordered('switch', number, { instances, attemptId: rotation }),
      send: ({ number, attemptId: rotation, instances, shards }) =>
        ordered('send', number, { mode: 'pass', instances, attemptId: rotation, shards: shards ?? null }),
      tellShards: ({ number, instances, shards }) =>
        ordered('shards', sameInstances(instances, this.gate.instances) ? number : -1, { shards }),
      tellNext: ({ number }) => ordered('next', number, {}),
    };
  }

  #tree(treeId: TreeId): FakeTree {
    const tree = this.trees[treeId];
    if (!tree) {
      throw refuse('TREE_UNKNOWN', { log: identity.log, tree: treeId });
    }
    return tree;
  }

  #ordered(verb: string, number: number, change: Partial<GateState>): Promise<void> {
    if (number < this.gate.number) {
      const { mode, number: has } = this.gate;
      return Promise.reject(refuse('GATE_ORDER_REFUSED', { number, has, mode }));
    }
    this.done.push(`${verb} ${number}`);
    Object.assign(this.gate, { ...change, number });
    return Promise.resolve();
  }

  #trillian(): object {
    const tree = (treeId: TreeId): Tree => {
      const { state, mark } = this.#tree(treeId);
      return logTree(treeId, state, mark ? markOf(mark) : '');
    };
    // A rejected promise, not a thrown error, as from the real client.
    const answer = <Found>(look: () => Found): Promise<Found> => Promise.resolve().then(look);
    return {
      getTree: (treeId: TreeId) => answer(() => tree(treeId)),
      listTrees: () => answer(() => Object.keys(this.trees).map(tree)),
      treeHead: (treeId: TreeId) =>
        answer(() => {
          this.#initialised(treeId);
          return this.head(treeId);
        }),
      initLog: () => answer(() => this.#charged('InitLog')),
      createTree: ({ description }: { description: string }) =>
        answer(() => {
          this.done.push('createTree');
          const mark = description === markOf(identity) ? { mark: identity } : {};
          this.trees['301'] = { state: 'ACTIVE', size: 0, ...mark };
          return tree('301');
        }),
      setState: (treeId: TreeId, state: TreeState) =>
        answer(() => {
          this.done.push(`${treeId} ${state}`);
          this.#tree(treeId).state = state;
          return tree(treeId);
        }),
      queueLeaf: (treeId: TreeId) =>
        answer(() => {
          this.#charged('QueueLeaf');
          this.done.push(`queueLeaf ${treeId}`);
          this.handsOver('200', treeId);
          return 'queued';
        }),
      leavesByRange: (treeId: TreeId) =>
        answer(() => {
          this.#initialised(treeId);
          const { handover, size } = this.#tree(treeId);
          const { value, extraData } = handover
            ? handoverLeaf(handover)
            : { value: Buffer.from('{}'), extraData: Buffer.alloc(0) };
          return size === 0
            ? []
            : [{ value, extraData, merkleLeafHash: Buffer.from('ab', 'hex'), integratedAtMs: 0 }];
        }),
      deleteTree: (treeId: TreeId) =>
        answer(() => {
          this.done.push(`delete ${treeId}`);
        }),
    };
  }

  /** As Trillian does: nothing can be read of a tree without a root. */
  #initialised(treeId: TreeId): void {
    if (this.#tree(treeId).uninitialised) {
      throw refuse('TREE_UNINITIALISED', { log: identity.log, tree: treeId });
    }
  }

  #charged(method: string): void {
    if (this.quotaExhausted) {
      const reason = 'quota exhausted: too many unsequenced rows';
      throw refuse('TRILLIAN_QUOTA', { log: identity.log, address: '127.0.0.1:8090', method, reason });
    }
  }

  #installation(): object {
    const note = (what: string) => (): Promise<void> => {
      this.done.push(what);
      return Promise.resolve();
    };
    const switched =
      (what: 'start' | 'stop') =>
      ({ id }: Release): Promise<void> => {
        this.done.push(`${what} ${id}`);
        if (what === 'start') this.running.add(id);
        else this.running.delete(id);
        return Promise.resolve();
      };
    const { changes, fingerprint } = aFoundLog();
    return {
      patience: aFoundLog().timing.patience,
      rehearses: true,
      roles: ([serving]: readonly string[]): Promise<Roles> => {
        const exposed = addresses['green'] === serving;
        const [current, next] = exposed ? [slotGreen, slotBlue] : [slotBlue, slotGreen];
        return Promise.resolve({ current, next, replaced: next });
      },
      configured: ({ id }: Release) => {
        const { active = '', inactive = [] } = this.slots[id] ?? {};
        return Promise.resolve({ activeTreeId: active, inactiveTreeIds: inactive });
      },
      plan: () => Promise.resolve({ changes, fingerprint }),
      instances: ({ id }: Release) => Promise.resolve([{ name: id, url: addresses[id] }]),
      settledInto: () => Promise.resolve(null),
      ownership: () => Promise.resolve(this.ownership),
      addresses: ({ id }: Release) => Promise.resolve([addresses[id]]),
      serves: ({ id }: Release, serving: readonly string[]) =>
        Promise.resolve(sendsTo(serving, [addresses[id] ?? ''])),
      unfinishedOn: ({ id }: Release) =>
        Promise.resolve(this.gate.instances.includes(addresses[id] ?? '') ? null : this.unfinishedOnNext),
      runs: ({ id }: Release) => Promise.resolve(this.running.has(id)),
      requireStaged: () =>
        this.changedFile === undefined
          ? Promise.resolve()
          : Promise.reject(
              refuse('CHANGED_BY_SOMEONE', { what: this.changedFile, expected: 'staged', now: 'another' }),
            ),
      stage: note('stage'),
      discard: note('discard'),
      settle: async ({ next }: Replacement) => {
        await note('settle')();
        return next;
      },
      forget: note('forget'),
      start: switched('start'),
      stop: switched('stop'),
      // Of a log whose next release takes the room of nothing.
      giveBack: () => Promise.resolve(),
      byHand: {
        start: ({ id }: Release) => [`start ${id}`],
        stop: ({ id }: Release) => [`stop ${id}`],
        discard: (release: Replacement) =>
          this.changedFile === undefined
            ? Promise.resolve([`stop ${release.next.id}`, 'put its files back'])
            : Promise.reject(refuse('FILE_UNREADABLE', { path: this.changedFile, reason: 'it is cut off' })),
        settle: (release: Replacement) => [`settle ${release.next.id}`],
      },
    };
  }
}
