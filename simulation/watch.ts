import type { Order } from '../gate/orders';
import { sameInstances } from '../workflows/model/base-url';
import type { TreeId, TreeState } from '../workflows/model/log';
import { dangersOf } from './dangers';
import { short } from './world/host';
import type { ReleaseId } from './world/installation';
import type { RekorProcess, SignedEntry } from './world/rekor';
import type { SimulatedTree } from './world/trillian';
import { CURRENT_TREE, type World } from './world/world';

/** The longest pause between two tries while the log is closed, in milliseconds: that of going forward. */
const LONGEST_CLOSED_MS = 10_000;

const behindExposure: ReadonlySet<string> = new Set(['confirm', 'settle', 'soak']);

/** A rule of DESIGN "What may never happen" that was broken. */
export interface Violation {
  readonly rule: number;
  readonly what: string;
  readonly atMs: number;
}

/** Looks at every moment of a run for what may never happen, whoever did it. */
export class Watch {
  readonly violations: Violation[] = [];
  /** Someone else, or a call after every deadline, opened a tree: from then on two may be open, and sign. */
  openedByOthers = false;
  /**
   * A rotation has asked for the current tree to be closed, or cannot know whether it has, because nothing was heard of the
   * worker that was to do it: someone else's FROZEN cannot be told from its own any more.
   */
  closedByRotation = false;
  /** Nothing was heard of a worker that was to look at the current tree before it closes that. */
  closingUnknown = false;
  /** The tree that served when faults began. */
  current: TreeId = CURRENT_TREE;
  readonly #signed = new Map<number, string>();
  /** Trees that a rotation has made and not yet closed. */
  readonly #new = new Set<TreeId>();
  /** Where a rotation last sent clients. */
  #exposed: ReleaseId | undefined;
  /** Where a gate last sent writes, since when, by which order, and where gates were switched by later ones. */
  #sent: { readonly at: number; readonly number: number; readonly to: (readonly string[])[] } | undefined;
  #world: World | undefined;

  watches(world: World): void {
    this.#world = world;
  }

  broken(rule: number, what: string): void {
    const atMs = Math.round(this.#world?.time.elapsed ?? 0);
    if (!this.violations.some((known) => known.rule === rule && known.what === what)) {
      this.violations.push({ rule, what, atMs });
      this.#world?.trace(() => `RULE ${rule} BROKEN: ${what}`);
    }
  }

  /** Rule 2: an index is signed for one entry only, by whichever instance. */
  onSigned(entry: SignedEntry, by: RekorProcess): void {
    // Reads by it are wrong, and nobody keeps them from it; of a write it would be told (onMisreadWrite).
    if (by.misread) {
      return;
    }
    const name = `${entry.treeId}/${entry.leafIndex}`;
    const before = this.#signed.get(entry.logIndex);
    if (before === undefined) {
      this.#signed.set(entry.logIndex, name);
    } else if (before !== name && !this.openedByOthers) {
      const [tree = '', leaf] = before.split('/');
      this.broken(
        2,
        `index ${entry.logIndex} is signed for leaf ${leaf ?? ''} of tree ${short(tree)} and for leaf ${entry.leafIndex} of tree ${short(entry.treeId)} (Rekor ${by.name})`,
      );
    }
  }

  /** Rule 2: no write goes through the gate to a process that would number it wrong. */
  onMisreadWrite(by: RekorProcess): void {
    this.broken(2, `the gate sent a write to Rekor ${by.name}, which has loaded [${by.lengths.join(', ')}]`);
  }

  /** From here on it may have been closed by a rotation, whether or not the call arrives. */
  onUpdateTreeSent(activity: string): void {
    this.closedByRotation ||= activity === 'holdToExpose';
  }

  /** Temporal has given up an attempt of an activity: nobody heard of it. */
  onGivenUp(activity: string): void {
    this.closingUnknown ||= activity === 'holdToExpose';
    this.closedByRotation ||= this.closingUnknown;
  }

  /** While no tree of the log takes writes, an undo is tried again within seconds: clients are refused meanwhile. */
  onBackoff(activity: string, forMs: number): void {
    // None of these opens a tree again that somebody else has closed, nor does the undo of what was staged.
    if (behindExposure.has(activity) || (activity === 'discard' && !this.closedByRotation)) {
      return;
    }
    const closed = this.#world?.trees().every(({ row }) => row.state !== 'ACTIVE') ?? false;
    if (closed && forMs > LONGEST_CLOSED_MS) {
      this.broken(7, `the log is closed, and nothing is tried for ${Math.round(forMs / 1000)} s`);
    }
  }

  /** Rule 2 by our own hand: clients are never sent to where an index would be given again, whoever set that up. */
  onOrder({ kind, order }: Order): void {
    const world = this.#world;
    if (world && kind === 'send')
      this.#sent = { at: world.time.now, number: order.number, to: [order.instances] };
    if (this.#sent && kind === 'switch' && order.number > this.#sent.number)
      this.#sent.to.push(order.instances);
    if (!world || kind !== 'send' || order.attemptId.startsWith('someone')) {
      return;
    }
    const release = world.installation.releaseAt(order.instances[0]);
    const before = this.#exposed ?? world.installation.releases[0];
    this.#exposed = release;
    if (release !== undefined && release !== before) {
      for (const danger of dangersOf(world, release)) {
        this.broken(2, `${order.attemptId} sends clients to ${release}: ${danger}`);
      }
    }
  }

  /** Rule 1: a read through the gate finds what was acknowledged through it. */
  onWrongRead(what: string): void {
    if (!this.openedByOthers) {
      this.broken(1, `a read went wrong: ${what}`);
    }
  }

  /** Rule 1: once one gate sends writes elsewhere, no other one sends a read to where they went before (H16). */
  onRead(instances: readonly string[], beganAt: number): void {
    const { at, to } = this.#sent ?? { at: Infinity, to: [] };
    if (beganAt > at && !to.some((other) => sameInstances(instances, other)))
      this.broken(1, `a read was sent to ${instances.join()} after writes were sent to ${to.join(' or ')}`);
  }

  /** Rule 3: one tree of the log is ACTIVE at a time, but for a new one that no configuration names. */
  onState(tree: SimulatedTree, before: TreeState | undefined, by: string): void {
    const world = this.#world;
    this.closedByRotation ||= tree.treeId === this.current && by === 'a rotation';
    if (!world?.isOurs(tree)) {
      return;
    }
    if (before === undefined) {
      this.#new.add(tree.treeId);
    } else if (tree.row.state !== 'ACTIVE') {
      this.#new.delete(tree.treeId);
    }
    const open = world
      .trees()
      .filter(
        ({ treeId, row }) => row.state === 'ACTIVE' && !(this.#new.has(treeId) && !this.#isNamed(treeId)),
      );
    if (open.length > 1 && !this.openedByOthers) {
      this.broken(3, `trees ${open.map(({ treeId }) => short(treeId)).join(' and ')} are ACTIVE at once`);
    }
  }

  /** Rule 7. */
  onWaited(ms: number): void {
    if (ms > (this.#world?.maxWaitMs ?? 0) + 5) {
      this.broken(7, `a write waited ${Math.round(ms)} ms in the gate`);
    }
  }

  #isNamed(treeId: TreeId): boolean {
    return this.#world?.installation.mentions(treeId) === true;
  }
}
