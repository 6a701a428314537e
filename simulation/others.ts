import type { Random } from './random';
import type { Watch } from './watch';
import { short } from './world/host';
import type { Contents, ReleaseId } from './world/installation';
import type { SimulatedCluster } from './world/kubernetes/cluster';
import { CURRENT_TREE, type World } from './world/world';

/** What someone else changed, and how it must still be when everything is over. */
export interface Foreign {
  readonly what: string;
  /** What has become of it, when that may not be. */
  readonly overwritten: () => string | undefined;
}

/** People and programs that know nothing of a rotation and change what it works on. */
export class HandsOfOthers {
  readonly changes: Foreign[] = [];
  /** What each tree was set to last: what somebody sets anew takes the place of what was set before. */
  readonly #lastOfTree = new Map<string, Foreign>();
  /** The release that served when the run began, and the other one. */
  current: ReleaseId;
  next: ReleaseId;
  /** The trees that there were before anything went wrong. */
  #before: ReadonlySet<string> = new Set();
  /** What was configured by then, which is that of the day before when it is over. */
  #yesterday: Contents = {};
  readonly #world: World;
  readonly #random: Random;
  readonly #watch: Watch;

  constructor(world: World, random: Random, watch: Watch) {
    this.#world = world;
    this.#random = random;
    this.#watch = watch;
    [this.current, this.next] = world.installation.releases;
  }

  /** What serves now is the current release of what follows. */
  lookAround(): void {
    const { front, installation } = this.#world;
    const [first, second] = installation.releases;
    this.current = installation.releaseAt(front.instances[0]) ?? first;
    this.next = this.current === first ? second : first;
    this.#yesterday = installation.contents();
    this.#watch.current = this.servingTree();
    this.#before = new Set(this.#world.trees().map(({ treeId }) => treeId));
  }

  /** The tree that the serving release is configured with. */
  servingTree(): string {
    return this.#world.installation.configured(this.#serving())?.activeTreeId ?? CURRENT_TREE;
  }

  #serving(): ReleaseId {
    const { installation, front } = this.#world;
    return installation.releaseAt(front.instances[0]) ?? this.current;
  }

  /** The newest tree of a rotation that serves nobody yet. */
  #nextTree(): string | undefined {
    return this.#world
      .trees()
      .map(({ treeId }) => treeId)
      .findLast((treeId) => !this.#before.has(treeId) && treeId !== this.servingTree());
  }

  /** Someone sets a tree to another state; false when there is none to be set. */
  changeTree(form: number): boolean {
    const world = this.#world;
    const { trillian } = world;
    const next = this.#nextTree();
    const [treeId, state] =
      form < 0.45
        ? ([this.servingTree(), 'FROZEN'] as const)
        : form < 0.75
          ? ([next, 'ACTIVE'] as const)
          : ([next, 'FROZEN'] as const);
    if (treeId === undefined || trillian.trees.get(treeId)?.row.state === state) {
      return false;
    }
    if (state === 'ACTIVE') {
      this.#watch.openedByOthers = true;
    }
    const making = world.temporal
      .open()
      .some((run) => [...run.activities.values()].some(({ type }) => type === 'createNextTree'));
    if (treeId === next && making) {
      return false;
    }
    // Nor can a recovery tell whether what it recovers had begun one.
    const recovers = world.temporal.open().some(({ options }) => options.type === 'recoverUnderLock');
    let begun = recovers;
    // Trillian knows no condition for a change: what was asked for until theirs is written, cannot be told from it.
    void trillian
      .updateTree(treeId, { state }, Infinity, 'someone')
      .then(() => (begun ||= this.#watch.closedByRotation));
    const change: Foreign = {
      what: `tree ${short(treeId)} set ${state}`,
      // Once its own freeze has begun, or may have, a rotation cannot tell its own FROZEN from someone else's.
      overwritten: () => {
        const isLast = this.#lastOfTree.get(treeId) === change;
        const now = trillian.trees.get(treeId)?.row.state;
        return isLast && !begun && !this.#watch.closingUnknown && state === 'FROZEN' && now !== 'FROZEN'
          ? `tree ${short(treeId)} is ${now ?? 'gone'} again`
          : undefined;
      },
    };
    this.#lastOfTree.set(treeId, change);
    this.changes.push(change);
    return true;
  }

  /** Someone edits what a release is configured with; false where nobody could tell who did it. */
  changeSlot(form: number): boolean {
    const { installation, temporal } = this.#world;
    // Between two looks at a file nobody can tell who wrote it: no activity writes files, or plans with them, now.
    const writing = ['stage', 'settle', 'discard', 'superseding'];
    const busy = temporal
      .open()
      .some((run) => [...run.activities.values()].some((task) => writing.includes(task.type)));
    if (busy) {
      return false;
    }
    // What was changed before it was looked at is what is planned with.
    if (this.#nextTree() === undefined) {
      return false;
    }
    const rotatedSince = this.#rotatedSince();
    const plansBefore = this.#supersedingPlans();
    const { what, isKept } = installation.edit(form < 0.6 ? this.next : this.current, form);
    this.changes.push({
      what,
      overwritten: () =>
        isKept() || rotatedSince() || this.#supersedingPlans() > plansBefore
          ? undefined
          : 'it is not there any more',
    });
    return true;
  }

  /** Someone orders the gate to the current release; false when that would send clients to a closed tree. */
  changeGate(form: number): boolean {
    const { cluster, installation } = this.#world;
    if (cluster?.led) {
      return this.#changeService(cluster, form);
    }
    const { gates } = this.#world;
    const state = gates?.state();
    if (!gates || !state) {
      return false;
    }
    const [instance = ''] = installation.addressesOf(this.current);
    if (this.#nextTree() === undefined || state.instances[0] !== instance) {
      return false;
    }
    const { temporal } = this.#world;
    const order = { attemptId: 'someone/1', number: state.number + 10, instances: [instance] };
    const runsBefore = new Set(temporal.runs);
    const rotatedSince = this.#rotatedSince();
    const ordered = {
      what: `the gate ordered to ${instance}`,
      overwritten: () => {
        // What begins afterwards is planned with what it finds, this order included.
        const recovered = temporal.runs.some(
          (run) => !runsBefore.has(run) && run.options.type === 'recoverUnderLock',
        );
        if (recovered || rotatedSince()) {
          return undefined;
        }
        const now = gates.state();
        return now && now.instances[0] !== instance && now.attemptId !== 'someone/1'
          ? `the gate sends to ${now.instances.join()}`
          : undefined;
      },
    };
    void gates.sendByHand(order).then((obeyed) => {
      if (obeyed === true) this.changes.push(ordered);
      if (obeyed === 'unknown') this.changes.push({ ...ordered, overwritten: () => undefined });
    });
    return true;
  }

  /** Someone leads clients of a log without a gate elsewhere, or writes something on their Service. */
  #changeService(cluster: SimulatedCluster, form: number): boolean {
    if (this.#nextTree() === undefined) {
      return false;
    }
    const { what, isKept } = cluster.changeService(form);
    this.changes.push({ what, overwritten: () => (isKept() ? undefined : 'it is not there any more') });
    return true;
  }

  /** Whether another rotation has begun since this was called, by a schedule for example. */
  #rotatedSince(): () => boolean {
    const { temporal } = this.#world;
    // A run that was reset is the same rotation.
    const before = new Set(temporal.runs.map(({ originalRunId }) => originalRunId));
    return () =>
      temporal.runs.some(
        ({ options, originalRunId }) => options.type === 'rotateUnderLock' && !before.has(originalRunId),
      );
  }

  /** How often an attempt at a third tree was planned, with what it found. */
  #supersedingPlans(): number {
    return this.#world.temporal.runs
      .flatMap(({ history }) => history)
      .flatMap(({ commands }) => commands)
      .filter(({ scheduleActivity }) => scheduleActivity?.activityType === 'superseding').length;
  }

  /** A deploy of the configuration of the day before, with a restart of what serves. */
  async deployYesterday(): Promise<void> {
    const { installation } = this.#world;
    const serving = this.#serving();
    installation.putBack(this.#yesterday, this.current, serving, this.#random.chance(0.5));
    await installation.restart(serving);
  }
}
