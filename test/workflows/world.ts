import { createHash } from 'node:crypto';
import { refuse } from '../../activities/errors/refusal-error';
import type { Actions } from '../../workflows/model/actions';
import type { InstallationState, Release, Replacement } from '../../workflows/model/installation';
import { leftoversOf } from '../../workflows/model/leftovers';
import type { Shard, Tree, TreeHead, TreeId, TreeState } from '../../workflows/model/log';
import { markedTrees, markOf, attemptIdOf, type MarkedTree } from '../../workflows/model/mark';
import type { FoundLog, RotationTiming } from '../../workflows/model/plan';
import type { FoundLeftovers } from '../../workflows/model/recovery';
import { fenceOf, type AttemptIdentity } from '../../workflows/model/fencing';
import type { NextTreeContent } from '../../workflows/model/next-tree';
import { slotBlue, slotGreen } from '../model/two-slots';
import { aFoundLog } from './found-log';
import { logTree } from '../model/log-tree';

/** What can fail: every change, and each step of an activity that does several. */
export type Act =
  | Exclude<keyof Actions, 'holdAndFreeze' | 'openAndExpose'>
  | 'hold'
  | 'start'
  | 'freeze'
  | 'forward'
  | 'verify'
  | 'expose'
  | 'superseding';

/** One fault: an act fails before or after its effect, so many times. */
export interface Fault {
  readonly act: Act;
  readonly when: 'before' | 'after';
  readonly times: number;
}

/** Fails for good: more often than anything is tried. */
export const ALWAYS = 999;

export type SlotName = 'blue' | 'green';

/** What a slot's Rekor is configured with. */
interface Slot {
  readonly active: TreeId;
  readonly inactive: readonly TreeId[];
}

interface WorldTree {
  state: TreeState;
  size: number;
  /** The end that the first leaf hands over. */
  handover?: { readonly treeId: TreeId; readonly size: number };
  readonly mark?: AttemptIdentity;
}

let worlds = 0;

/** Stands for Trillian, the slots and the gate in tests of the workflows: what is there, and what was done to it. */
export class World {
  readonly log: string;
  readonly trees = new Map<TreeId, WorldTree>([
    ['100', { state: 'FROZEN', size: 10 }],
    ['200', { state: 'ACTIVE', size: 20 }],
  ]);
  readonly slots: Record<SlotName, Slot> = {
    blue: { active: '200', inactive: ['100'] },
    green: { active: '100', inactive: [] },
  };
  /** What a slot held before the attempt that is named there. */
  readonly kept = new Map<SlotName, { readonly mark: string; readonly before: Slot }>();
  readonly running = new Set<SlotName>(['blue']);
  readonly gate: { mode: 'pass' | 'hold' | 'healing'; upstream: SlotName; number: number; rotation: string } =
    {
      mode: 'pass',
      upstream: 'blue',
      number: 0,
      rotation: '',
    };
  standing: SlotName = 'blue';
  /** More time for the critical section than any machine takes; where it is lost, the workflows' clock shortens the wait. */
  timing: RotationTiming = { ...aFoundLog().timing, attempts: 1, criticalSectionMs: 60_000 };
  policy = { recovers: true, stuckAfterMs: 60_000 };

  readonly calls: string[] = [];
  readonly faults: Fault[] = [];
  /** What may never be, and was. */
  readonly violations: string[] = [];
  /** Runs when an act is called, before its effect and after it. */
  onCall: (act: Act, when: Fault['when']) => void | Promise<void> = () => undefined;

  /** Its activities show no sign of life. */
  silent = false;
  #underWay = 0;
  #quiet: (() => void)[] = [];

  /** Tells that a person is needed: somebody asks what would finish a step by hand. */
  needsSomebody: () => void = () => undefined;
  /** Fulfilled when a person is needed. */
  readonly somebodyNeeded = new Promise<void>((resolve) => {
    this.needsSomebody = resolve;
  });

  /** @param log a name of its own for each world, since the log's name is the lock. */
  constructor(timing: Partial<RotationTiming> = {}, log: string = `log-${(worlds += 1)}`) {
    this.log = log;
    this.timing = { ...this.timing, ...timing };
  }

  /** Runs `what` when `act` is called for the first time from now on; the promise is fulfilled when it begins to run. */
  once(act: Act, what: () => void | Promise<void>, when: Fault['when'] = 'before'): Promise<void> {
    return new Promise((resolve) => {
      const before = this.onCall;
      let ran = false;
      this.onCall = async (called, at) => {
        await before(called, at);
        if (called === act && at === when && !ran) {
          ran = true;
          resolve();
          await what();
        }
      };
    });
  }

  /** Counts an activity as under way until it has ended. */
  async underWay<Result>(act: () => Promise<Result>): Promise<Result> {
    this.#underWay += 1;
    try {
      return await act();
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) {
        this.#quiet.splice(0).forEach((resolve) => resolve());
      }
    }
  }

  /** Waits until no activity is under way. */
  async quiet(): Promise<void> {
    if (this.#underWay > 0) {
      await new Promise<void>((resolve) => this.#quiet.push(resolve));
    }
  }

  /** A client's entry; refused by a tree that is not ACTIVE. */
  write(treeId: TreeId): void {
    const tree = this.tree(treeId);
    if (tree.state !== 'ACTIVE') {
      throw new Error(`tree ${treeId} is ${tree.state}`);
    }
    tree.size += 1;
  }

  tree(treeId: TreeId): WorldTree {
    const tree = this.trees.get(treeId);
    if (!tree) {
      throw refuse('TREE_UNKNOWN', { log: this.log, tree: treeId });
    }
    return tree;
  }

  state(treeId: TreeId): TreeState {
    return this.tree(treeId).state;
  }

  setState(treeId: TreeId, state: TreeState): void {
    this.tree(treeId).state = state;
    const active = this.active();
    if (active.length > 1) {
      this.violations.push(`the trees ${active.join(' and ')} are ACTIVE at a time`);
    }
  }

  /** The trees that take writes. */
  active(): TreeId[] {
    return [...this.trees].filter(([, { state }]) => state === 'ACTIVE').map(([treeId]) => treeId);
  }

  /** The trees that rotations made, oldest first. */
  marked(): MarkedTree[] {
    return markedTrees(
      [...this.trees].map(([treeId, tree]) => treeOf(treeId, tree)),
      this.log,
    );
  }

  /** What must be as before when a rotation was rolled back; retired trees and numbers are not part of it. */
  cleanSlate(): object {
    const retired = new Set(this.marked().map(({ treeId }) => treeId));
    return {
      trees: [...this.trees]
        .filter(([treeId]) => !retired.has(treeId))
        .map(([treeId, { state }]) => `${treeId} ${state}`),
      notRetired: this.marked().filter(({ state }) => state !== 'FROZEN'),
      slots: { ...this.slots },
      kept: [...this.kept],
      running: [...this.running].sort(),
      gate: { mode: this.gate.mode, upstream: this.gate.upstream },
      standing: this.standing,
    };
  }

  head(treeId: TreeId): TreeHead {
    const { size } = this.tree(treeId);
    return { size, rootHash: sha256(`${treeId} ${size}`) };
  }

  content(treeId: TreeId): Exclude<NextTreeContent, 'serving'> {
    const { size, handover } = this.tree(treeId);
    return size === 0 ? 'nothing' : size === 1 && handover ? 'handover' : 'public entries';
  }

  /** Whether a tree is no longer what the handover leaf of the next one says of it. */
  hasGrown(treeId: TreeId, nextTreeId: TreeId): boolean {
    const { handover } = this.tree(nextTreeId);
    return handover?.treeId === treeId && handover.size !== this.tree(treeId).size;
  }

  lengths(treeIds: readonly TreeId[]): Shard[] {
    return treeIds.map((treeId) => ({ treeId, length: this.tree(treeId).size }));
  }

  /** The slot that the gate sends to names this tree. */
  isServed(treeId: TreeId): boolean {
    const { active, inactive } = this.slots[this.gate.upstream];
    return active === treeId || inactive.includes(treeId);
  }

  livesOnNext({ next, nextTreeId }: Replacement): boolean {
    return this.gate.upstream === next.id && this.state(nextTreeId) === 'ACTIVE';
  }

  /** Refuses NOT_OURS, as every change does, when a later attempt or a recovery has the log. */
  requireOurs(identity: AttemptIdentity): void {
    const later = Math.max(this.gate.number, ...this.marked().map((tree) => tree.identity.number));
    const { act: number, undo } = fenceOf(identity);
    if (later > undo) {
      throw refuse('NOT_OURS', { rotation: attemptIdOf(identity), number, later });
    }
  }

  isOurs(identity: AttemptIdentity): boolean {
    try {
      this.requireOurs(identity);
      return true;
    } catch {
      return false;
    }
  }

  /** What someone else has changed is never overwritten. */
  require(what: string, expected: unknown, now: unknown): void {
    if (now !== expected) {
      throw refuse('CHANGED_BY_SOMEONE', { what, expected: String(expected), now: String(now) });
    }
  }

  /** An order to the gate; one with a lower number than the last is refused. */
  order(
    identity: AttemptIdentity,
    order: { readonly mode: 'pass' | 'hold'; readonly upstream: SlotName },
    number = fenceOf(identity).act,
  ): void {
    const { mode, number: has } = this.gate;
    if (number < has || (number === has && order.mode === 'hold' && mode !== 'hold')) {
      throw refuse('GATE_ORDER_REFUSED', { number, has, mode });
    }
    Object.assign(this.gate, { ...order, number, rotation: identity.rotationId });
  }

  fingerprint(before: Partial<Record<SlotName, Slot>> = {}): string {
    return sha256(JSON.stringify({ ...this.slots, ...before }));
  }

  installation(): InstallationState {
    const current = this.gate.upstream;
    const next = other(current);
    const { active, inactive } = this.slots[current];
    const waiting = releaseOf(next);
    return {
      ...aFoundLog().installation,
      ...{ current: releaseOf(current), next: waiting, replaced: waiting },
      activeTreeId: active,
      inactiveTreeIds: inactive,
      nextIsRunning: this.running.has(next),
      unfinishedOn: {
        current: this.kept.get(current)?.mark ?? null,
        next: this.kept.get(next)?.mark ?? null,
      },
    };
  }

  found(): FoundLog {
    const installation = this.installation();
    const { activeTreeId, inactiveTreeIds } = installation;
    const inactive = this.lengths(inactiveTreeIds);
    const current = treeOf(activeTreeId, this.tree(activeTreeId));
    const { mode, number, upstream } = this.gate;
    const loaded = inactive.map(({ treeId, length }) => ({
      treeId,
      liveLength: length,
      loadedLength: length,
    }));
    const found = aFoundLog();
    return {
      ...found,
      fingerprint: this.fingerprint(),
      installation,
      current,
      currentHead: this.head(activeTreeId),
      inactive: inactive.map((shard) => ({ ...shard, tree: treeOf(shard.treeId, this.tree(shard.treeId)) })),
      instances: [
        { name: upstream, log: { activeTreeId, active: this.head(activeTreeId), inactive: loaded } },
      ],
      traffic: { ...found.traffic, number, holding: mode === 'hold' },
      largestMark: Math.max(0, ...this.marked().map(({ identity }) => identity.number)),
      leftovers: leftoversOf({ installation, traffic: this.gate, current, marked: this.marked() }),
      hash: sha256(JSON.stringify([this.log, installation])),
      timing: this.timing,
    };
  }

  leftovers(): FoundLeftovers {
    const { installation, current } = this.found();
    return {
      installation,
      traffic: { mode: this.gate.mode, number: this.gate.number },
      current,
      marked: this.marked(),
      inactive: this.lengths(installation.inactiveTreeIds),
      withEntries: this.marked()
        .map(({ treeId }) => treeId)
        .filter((treeId) => !this.isServed(treeId) && this.content(treeId) === 'public entries'),
      timing: this.timing,
    };
  }
}

/** The slot that is a release. */
export function slotOf({ id: name }: Release): SlotName {
  if (name !== 'blue' && name !== 'green') {
    throw new Error(`there is no slot ${name}`);
  }
  return name;
}

function releaseOf(slot: SlotName): Release {
  return slot === 'blue' ? slotBlue : slotGreen;
}

function other(slot: SlotName): SlotName {
  return slot === 'blue' ? 'green' : 'blue';
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function treeOf(treeId: TreeId, { state, mark }: WorldTree): Tree {
  return logTree(treeId, state, mark ? markOf(mark) : '');
}
