import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { RefusalError, refuse } from '../../activities/errors/refusal-error';
import { criticalSectionRuns, lockHolder, lockOwner } from '../../activities/steps/lock';
import type {
  AttemptInput,
  Actions,
  CloseInput,
  Pruning,
  OpenedAndExposed,
} from '../../workflows/model/actions';
import type { Observations } from '../../workflows/model/observations';
import type { Replacement } from '../../workflows/model/installation';
import { attemptIdOf } from '../../workflows/model/mark';
import { refusal } from '../../workflows/model/refusals';
import { fenceOf, type AttemptIdentity } from '../../workflows/model/fencing';
import type { ClosedNextTree, FrozenTree, Handover } from '../../workflows/model/next-tree';
import { sha256, slotOf, type Act, type Fault, type World } from './world';

/** How often an activity shows that its worker lives, in milliseconds. */
const SIGN_OF_LIFE_MS = 100;

/** As a real activity does: hears of a Cancel by its signs of life. */
export async function untilCancelled(): Promise<never> {
  return await Context.current().cancelled;
}

/** What a failed activity of several steps says of them. */
interface Steps {
  readonly times: Record<string, number>;
  readonly began: string[];
}

/** The activities as they act on a world, with the looks that the real ones take before and the ends that they state. */
export function activitiesOf(world: World): Actions & Observations & Pruning {
  const { gate, slots, kept, running } = world;

  /** One act of a change, with what the test lets happen in it. */
  async function acted<Result>(act: Act, effect: () => Result, steps?: Steps): Promise<Result> {
    world.calls.push(act);
    steps?.began.push(act);
    await world.onCall(act, 'before');
    fail(act, 'before');
    const result = effect();
    await world.onCall(act, 'after');
    fail(act, 'after');
    if (steps) {
      steps.times[act] = 1;
    }
    return result;
  }

  function fail(act: Act, when: Fault['when']): void {
    const position = world.faults.findIndex((fault) => fault.act === act && fault.when === when);
    const fault = world.faults[position];
    if (fault) {
      world.faults.splice(position, 1, ...(fault.times > 1 ? [{ ...fault, times: fault.times - 1 }] : []));
      throw new RefusalError(
        refusal('INTERNAL', { step: act, reason: `the test lets ${act} fail ${when} its effect` }),
      );
    }
  }

  const change =
    <Order, Result>(act: Act, effect: (order: Order) => Result): ((order: Order) => Promise<Result>) =>
    (order) =>
      crossing(world, undefined, () => acted(act, () => effect(order)), !insisted.has(act));

  /** What a section that is still open may yet do comes first. */
  const afterSections =
    <Order, Result>(act: (order: Order) => Promise<Result>): ((order: Order) => Promise<Result>) =>
    async (order) => {
      while (await criticalSectionRuns(Context.current().client, world.log)) {
        await Context.current().sleep(100);
      }
      return await act(order);
    };

  const observe =
    <Asked, Found>(look: (asked: Asked) => Found): ((asked: Asked) => Promise<Found>) =>
    (asked) =>
      // A rejected promise, not a thrown error, as from every real activity.
      crossing(world, undefined, () => Promise.resolve().then(() => look(asked)));

  const ofAttempt = (identity: AttemptIdentity): string[] =>
    world
      .marked()
      .filter((tree) => attemptIdOf(tree.identity) === attemptIdOf(identity))
      .map(({ treeId }) => treeId);

  const frozenEnd = (treeId: string) => ({ treeId, ...world.head(treeId), proof: ['as the test says'] });

  function requireStaged({ next, attemptId }: Replacement): void {
    world.require(`The files of ${next.name}`, attemptId, kept.get(slotOf(next))?.mark);
  }

  function requireAsPrepared({
    release,
    identity,
  }: {
    release: Replacement;
    identity: AttemptIdentity;
  }): void {
    const { currentTreeId, nextTreeId, current, next, supersedes } = release;
    if (gate.number >= fenceOf(identity).act) {
      const found = `the gate follows its order ${gate.number}`;
      throw refuse('ATTEMPT_REPEATED', { rotation: attemptIdOf(identity), found });
    }
    world.require(`tree ${currentTreeId}`, supersedes ? 'FROZEN' : 'ACTIVE', world.state(currentTreeId));
    world.require(`tree ${nextTreeId}`, 'DRAINING', world.state(nextTreeId));
    requireStaged(release);
    world.require('The upstream of the gate', slotOf(current), gate.upstream);
    world.require('The gate', false, gate.mode === 'hold' && gate.rotation !== identity.rotationId);
    world.require(`Rekor in ${next.name} runs`, supersedes ?? false, supersedes ?? running.has(slotOf(next)));
  }

  function requireStillHeld({ release, identity }: AttemptInput): void {
    const { nextTreeId } = release;
    if (world.state(nextTreeId) === 'ACTIVE') {
      const found = `tree ${nextTreeId} is ACTIVE before this run opened it`;
      throw refuse('ATTEMPT_REPEATED', { rotation: attemptIdOf(identity), found });
    }
    world.require(`tree ${nextTreeId}`, 'DRAINING', world.state(nextTreeId));
    requireStaged(release);
    world.require('The gate', `hold ${fenceOf(identity).act}`, `${gate.mode} ${gate.number}`);
  }

  function open({ release }: AttemptInput, forward: boolean): Handover | null {
    const { nextTreeId, currentTreeId } = release;
    world.require(`tree ${currentTreeId}`, 'FROZEN', world.state(currentTreeId));
    world.setState(nextTreeId, 'ACTIVE');
    const next = world.tree(nextTreeId);
    if (next.size === 0) {
      Object.assign(next, {
        size: 1,
        handover: { treeId: currentTreeId, size: world.tree(currentTreeId).size },
      });
    }
    if (next.handover?.treeId === currentTreeId) {
      const text = `tree ${currentTreeId}, ${next.handover.size} entries`;
      return { text, leafHash: sha256(text), integratedInMs: 80 };
    }
    if (forward) {
      return null;
    }
    throw refuse('HANDOVER_NOT_SEEN', { tree: nextTreeId, reason: 'its first leaf is another one' });
  }

  /** The steps of `openAndExpose` and `goForward`. */
  async function opened(
    input: AttemptInput,
    steps: Steps,
    look: () => FrozenTree,
    forward = false,
  ): Promise<OpenedAndExposed> {
    const { identity, release } = input;
    world.requireOurs(identity);
    const prove = () => {
      const frozen = look();
      return { frozen, handover: open(input, forward) };
    };
    const proven = await acted('verify', prove, steps);
    const upstream = slotOf(release.next);
    await acted('expose', () => world.order(identity, { mode: 'pass', upstream }), steps);
    return { ...proven, times: steps.times };
  }

  const stop = ({ release }: { readonly release: Replacement }): void => {
    const next = slotOf(release.next);
    if (kept.get(next)?.mark === release.attemptId && gate.upstream !== next) {
      running.delete(next);
    }
  };

  const retire = ({ identity }: Pick<AttemptInput, 'identity'>): void => {
    ofAttempt(identity)
      .filter((treeId) => !world.isServed(treeId))
      .forEach((treeId) => world.setState(treeId, 'FROZEN'));
  };

  const allowWrites = ({ identity, release }: AttemptInput): void => {
    const { currentTreeId, supersedes, inactive } = release;
    if (!world.isOurs(identity) || supersedes || world.livesOnNext(release)) {
      return;
    }
    const before = new Set(inactive.map(({ treeId }) => treeId));
    for (const { treeId } of world.marked().filter((tree) => tree.treeId !== currentTreeId)) {
      if (!before.has(treeId) && world.content(treeId) === 'public entries') {
        throw refuse('NEXT_TREE_HAS_ENTRIES', { tree: treeId });
      }
    }
    world.setState(currentTreeId, 'ACTIVE');
  };

  const releaseWrites = ({ identity, release }: AttemptInput): void => {
    const { undo } = fenceOf(identity);
    if (!world.livesOnNext(release) && undo >= gate.number) {
      world.order(identity, { mode: 'pass', upstream: slotOf(release.current) }, undo);
    }
  };

  const closeNext = ({ identity, release, evenIfExposed }: CloseInput): ClosedNextTree => {
    const { nextTreeId, currentTreeId } = release;
    if (!world.isOurs(identity)) {
      return { content: 'nothing' as const, currentGrew: false };
    }
    if (!evenIfExposed && world.livesOnNext(release)) {
      return { content: 'serving' as const, currentGrew: false };
    }
    world.setState(nextTreeId, 'FROZEN');
    const currentGrew = world.hasGrown(currentTreeId, nextTreeId);
    return { content: world.content(nextTreeId), currentGrew, end: world.head(nextTreeId) };
  };

  const notAsBefore = ({ identity, release }: AttemptInput): string[] => {
    if (!world.isOurs(identity) || release.supersedes || world.livesOnNext(release)) {
      return [];
    }
    const current = world.state(release.currentTreeId);
    const left = world
      .marked()
      .filter((tree) => tree.identity.rotationId === identity.rotationId && tree.state !== 'FROZEN');
    return [
      ...(current === 'ACTIVE' ? [] : [`tree ${release.currentTreeId} is ${current}, not ACTIVE`]),
      ...left.map(({ treeId, state }) => `tree ${treeId} is ${state}, not FROZEN`),
      ...(gate.mode === 'pass' ? [] : [`the gate does not pass writes (${gate.mode})`]),
      ...(gate.upstream === slotOf(release.current) ? [] : [`the gate sends to ${gate.upstream}`]),
    ];
  };

  return {
    preflight: observe(({ log }) => ({ log, checks: [], found: world.found() })),
    lockHolder: (log) => lockHolder(Context.current().client, log),
    criticalSectionRuns: (log) => criticalSectionRuns(Context.current().client, log),
    leftovers: observe(({ log }) => ({ log, refusals: [], found: world.leftovers() })),
    guard: async ({ log }) => {
      const { leftovers, current } = world.found();
      const closed = refusal('SERVING_TREE_CLOSED', { log, tree: current.treeId, state: current.state });
      return {
        log,
        owner: await lockOwner(Context.current().client, log),
        leftovers,
        drift: current.state === 'ACTIVE' ? [] : [closed],
        unread: [],
        ...world.policy,
      };
    },
    retiredTrees: observe(() => retired(world)),
    deleteRetiredTree: observe(({ treeId }) => {
      const tree = retired(world).find((one) => one.treeId === treeId);
      if (!tree || tree.keep !== undefined) {
        throw refuse('NOT_PRUNABLE', { tree: treeId, reason: tree?.keep ?? 'no rotation has retired it' });
      }
      world.trees.delete(treeId);
    }),
    byHand: observe(({ step }) => {
      world.needsSomebody();
      return {
        state: [`gate: ${gate.mode}, sends to ${gate.upstream}`],
        commands: [`finish "${step}"`],
      };
    }),
    superseding: change('superseding', ({ release }) => {
      const { current, next } = world.installation();
      const earlier = [...release.inactive.map(({ treeId }) => treeId), release.currentTreeId];
      return {
        currentTree: { treeId: release.nextTreeId },
        inactive: world.lengths(earlier),
        installation: { current, next },
        ...{ changes: [], fingerprint: world.fingerprint(), supersedes: true },
      };
    }),

    createNextTree: afterSections(
      change('createNextTree', ({ identity }) => {
        world.requireOurs(identity);
        const treeId = ofAttempt(identity)[0] ?? `next-${world.marked().length + 1}`;
        if (world.trees.has(treeId) && world.isServed(treeId)) {
          throw refuse('ALREADY_ROTATED', { log: world.log, tree: treeId });
        }
        if (!world.trees.has(treeId)) {
          world.trees.set(treeId, { state: 'DRAINING', size: 0, mark: identity });
        }
        world.setState(treeId, 'DRAINING');
        if (world.tree(treeId).size > 0) {
          throw refuse('NEXT_TREE_NOT_EMPTY', { tree: treeId, size: world.tree(treeId).size });
        }
        return treeId;
      }),
    ),
    retireNextTree: change('retireNextTree', retire),
    stage: afterSections(
      change('stage', ({ identity, release, fingerprint }) => {
        world.requireOurs(identity);
        const next = slotOf(release.next);
        if (gate.upstream === next) {
          throw refuse('ALREADY_ROTATED', { log: world.log, tree: release.nextTreeId });
        }
        const mine = kept.get(next);
        const before = mine?.mark === release.attemptId ? mine.before : slots[next];
        world.require('A file of a slot', fingerprint, world.fingerprint({ [next]: before }));
        kept.set(next, { mark: release.attemptId, before });
        const inactive = [...release.inactive.map(({ treeId }) => treeId), release.currentTreeId];
        slots[next] = { active: release.nextTreeId, inactive };
        running.delete(next);
      }),
    ),
    discard: change('discard', (input) => {
      stop(input);
      const next = slotOf(input.release.next);
      const mine = kept.get(next);
      if (mine?.mark === input.release.attemptId && gate.upstream !== next) {
        slots[next] = mine.before;
        kept.delete(next);
      }
    }),
    holdAndFreeze: (input) =>
      withSteps(world, async (steps) => {
        const { identity, release } = input;
        world.requireOurs(identity);
        requireAsPrepared(input);
        const upstream = gate.upstream;
        await acted('hold', () => world.order(identity, { mode: 'hold', upstream }), steps);
        await acted('start', () => running.add(slotOf(release.next)), steps);
        await acted('freeze', () => world.setState(release.currentTreeId, 'FROZEN'), steps);
        return { frozen: frozenEnd(release.currentTreeId), times: steps.times };
      }),
    allowWritesToCurrent: change('allowWritesToCurrent', allowWrites),
    sendToCurrent: change('sendToCurrent', releaseWrites),
    stop: change('stop', stop),
    openAndExpose: (input) =>
      withSteps(world, (steps) =>
        opened(input, steps, () => {
          requireStillHeld(input);
          return input.frozen ?? frozenEnd(input.release.currentTreeId);
        }),
      ),
    goForward: (input) =>
      withSteps(
        world,
        async (steps) => {
          await acted('forward', () => goForward(input.release));
          return await opened(input, steps, () => frozenEnd(input.release.currentTreeId), true);
        },
        false,
      ),
    closeNextTree: change('closeNextTree', closeNext),
    lookBack: change('lookBack', (input) => {
      const differences = notAsBefore(input);
      if (differences.length > 0) {
        closeNext(input);
        if (input.froze) {
          allowWrites(input);
        }
        releaseWrites(input);
        retire(input);
      }
      const left = notAsBefore(input);
      if (left.length > 0) {
        throw refuse('NOT_AS_BEFORE', { log: world.log, differences: left });
      }
      return differences;
    }),
    confirm: change('confirm', ({ identity }) => {
      world.requireOurs(identity);
      return {
        entriesVerified: 42,
        proofsVerified: 42,
        checkpointsVerified: 3,
        shards: [],
        withoutBundle: 0,
      };
    }),
    settle: change('settle', ({ identity, release }) => {
      world.requireOurs(identity);
      const [current, next] = [slotOf(release.current), slotOf(release.next)];
      slots[current] = slots[next];
      world.standing = next;
      running.delete(current);
      for (const [slot, { mark }] of kept) {
        if (mark.startsWith(`${identity.rotationId}/`)) {
          kept.delete(slot);
        }
      }
    }),
    soak: change('soak', ({ identity }) => {
      world.requireOurs(identity);
      return { stallMs: 400, longestWaitMs: 390, held: 8, refused: 0, resent: 0, dropped: 0 };
    }),
  };

  function goForward({ currentTreeId, nextTreeId, next }: Replacement): void {
    if (world.hasGrown(currentTreeId, nextTreeId)) {
      const handedOver = `${world.tree(nextTreeId).handover?.size ?? 0} entries`;
      const now = `${world.tree(currentTreeId).size} entries`;
      throw refuse('CURRENT_TREE_GREW', { tree: currentTreeId, handedOver, now });
    }
    if (world.tree(nextTreeId).handover?.treeId !== currentTreeId) {
      world.setState(currentTreeId, 'FROZEN');
    }
    running.add(slotOf(next));
  }
}

function retired(world: World) {
  return world
    .marked()
    .filter(
      ({ treeId }) =>
        !Object.values(world.slots).some(({ active, inactive }) => [active, ...inactive].includes(treeId)),
    )
    .map(({ treeId, state, identity }) => {
      const keep =
        state !== 'FROZEN'
          ? `it is ${state}`
          : world.content(treeId) === 'public entries'
            ? 'it holds entries of clients'
            : undefined;
      const { rotationId, attempt } = identity;
      return { treeId, ...world.head(treeId), rotationId, attempt, ...(keep !== undefined && { keep }) };
    });
}

function withSteps<Result>(
  world: World,
  act: (steps: Steps) => Promise<Result>,
  final = true,
): Promise<Result> {
  const steps: Steps = { times: {}, began: [] };
  return crossing(world, steps, () => act(steps), final);
}

/** What must succeed in the end: whatever it finds is worth another try (activities/index.ts). */
const insisted: ReadonlySet<Act> = new Set<Act>([
  ...(['retireNextTree', 'discard', 'allowWritesToCurrent', 'sendToCurrent', 'stop'] as const),
  ...(['closeNextTree', 'lookBack', 'superseding', 'confirm', 'settle', 'soak'] as const),
]);

/** Shows signs of life while it acts. Refusals cross to the workflow as from the real activities (activities/index.ts). */
async function crossing<Result>(
  world: World,
  steps: Steps | undefined,
  act: () => Promise<Result>,
  final = true,
): Promise<Result> {
  const context = Context.current();
  const signsOfLife = setInterval(() => {
    if (!world.silent) {
      context.heartbeat();
    }
  }, SIGN_OF_LIFE_MS);
  try {
    return await world.underWay(act);
  } catch (error) {
    if (error instanceof CancelledFailure) {
      throw steps?.began.length
        ? new CancelledFailure('CANCELLED', [null, steps])
        : new CancelledFailure('CANCELLED');
    }
    if (!(error instanceof RefusalError)) {
      throw error;
    }
    const { refusal: reason } = error;
    throw ApplicationFailure.create({
      message: reason.message,
      type: reason.code,
      nonRetryable: final || reason.code === 'NOT_OURS',
      details: [reason, steps ?? { times: {}, began: [] }],
      cause: error,
    });
  } finally {
    clearInterval(signsOfLife);
  }
}
