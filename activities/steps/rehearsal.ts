import type { AttemptInput } from '../../workflows/model/actions';
import type { Instance } from '../../workflows/model/log';
import type {
  RehearsedClosing,
  RehearsedOpening,
  RehearsedSection,
  WritesSeen,
} from '../../workflows/model/rehearsal';
import { firstIndexAfter } from '../../workflows/model/shards';
import { allEnded, pause } from '../bounds/waiting';
import { freezeTree } from '../drain';
import { refuse } from '../errors/refusal-error';
import type { BoundSystems } from '../systems';
import { timed } from '../timed';
import type { Act } from './act';
import { requireNotExposed, start } from './next-release';
import { handedOver } from './next-tree-content';
import { servedLog, stillThere } from './served-log';
import { countWrites } from './write-rate';

/** How long the writes of clients are watched, in milliseconds. */
const WATCHED_MS = 5_000;

/** How often the next release is looked at while it starts, in milliseconds; as in a critical section. */
const LOOK_EVERY_MS = 5;

/** A critical section, with the next tree in the place of the current one. Nobody writes to that. */
export const rehearseSection: Act<AttemptInput, RehearsedSection> = async (systems, input) => {
  const closing = await rehearseClosing(systems, input);
  systems.bounds.hearOfCancel();
  return { ...closing, ...(await rehearseOpening(systems, input)) };
};

/** From the hold to the end of the current tree. */
const rehearseClosing: Act<AttemptInput, RehearsedClosing> = async (systems, input) => {
  const { traffic, bounds, drain } = systems;
  await requireNotExposed(systems, input);
  const writes = await writesSeen(systems, undefined);
  return await bounds.step('rehearse', async () => {
    await requireNotExposed(systems, input);
    await requireStaged(systems, input);
    const asked = await timed(() => traffic.state(bounds.signal));
    const closed = await timed(() =>
      allEnded([
        timed(() => start(systems, input)),
        timed(() => freezeTree(asIfHeld(systems), drain, input.release.nextTreeId, bounds)),
      ]),
    );
    const [started, drained] = closed.answer;
    return {
      writes,
      trafficMs: asked.tookMs,
      startMs: started.tookMs,
      drainMs: drained.tookMs,
      closedMs: closed.tookMs,
    };
  });
};

/** From there to the exposure: what is read of the next release and of the trees, and one change of a tree's state. */
const rehearseOpening: Act<AttemptInput, RehearsedOpening> = async (systems, input) => {
  const { installation, trillian, bounds } = systems;
  const { currentTreeId, nextTreeId, next } = input.release;
  await requireNotExposed(systems, input);
  await requireStaged(systems, input);
  return await bounds.step('rehearse', async () => {
    const proved = await timed(async () => {
      const instances = await installation.instances(next, bounds.signal);
      await allEnded(instances.map((instance) => served(systems, { ...input, instance })));
    });
    const opened = await timed(async () => {
      await allEnded([
        trillian.getTree(nextTreeId, bounds),
        ...[trillian.getTree(currentTreeId, bounds), trillian.treeHead(currentTreeId, bounds)],
      ]);
      await trillian.setState(nextTreeId, 'FROZEN', bounds);
      await allEnded([handedOver(systems, nextTreeId), trillian.treeHead(nextTreeId, bounds)]);
    });
    return { proveMs: proved.tookMs, openMs: opened.tookMs };
  });
};

/** In a rehearsal that was reset after its end, what is started would be stopped by nobody (H7). */
const requireStaged: Act<AttemptInput> = async ({ installation, bounds }, { release }) => {
  await installation.requireStaged(release, bounds.signal);
};

/**
 * A rotation counts the QueueLeaf calls in flight when no write is. Here those of clients go on, of which none is to this tree: so
 * they are counted once, for the time that takes, and not waited for.
 */
function asIfHeld({ metrics, ...systems }: BoundSystems): BoundSystems {
  const queueLeafInFlight = async (signal: AbortSignal): Promise<number> => {
    await metrics.queueLeafInFlight(signal);
    return 0;
  };
  return { ...systems, metrics: { ...metrics, queueLeafInFlight } };
}

/** How many writes come in some seconds, and how long their calls take. */
const writesSeen: Act<undefined, WritesSeen> = async (systems) => {
  const { traffic, bounds } = systems;
  const before = await countWrites(systems, Date);
  await pause(WATCHED_MS, bounds.signal);
  const after = await countWrites(systems, Date);
  const perSecond = ((after.count - before.count) * 1000) / (after.atMs - before.atMs);
  return {
    // A gate that was restarted, or a tree that was changed, meanwhile counts anew.
    perSecond: after.of === before.of ? Math.max(0, perSecond) : 0,
    callMs: (await traffic.writes(bounds.signal))?.callMs ?? null,
  };
};

/**
 * Waits until a started instance answers, and looks at its last entry before the next tree, as a proof does. It may have loaded
 * any length of the current tree, which clients write to: nobody is sent to it.
 */
const served: Act<AttemptInput & { readonly instance: Instance }> = async (systems, input) => {
  const { rekor, bounds } = systems;
  const { release, instance } = input;
  const loaded = await servedLog(systems, instance, {
    everyMs: LOOK_EVERY_MS,
    unanswered: () => stillThere(systems, { instance, of: release.next }),
  });
  if (loaded?.activeTreeId !== release.nextTreeId) {
    const reason = loaded ? `it serves tree ${loaded.activeTreeId}` : 'its process has ended';
    throw refuse('RELEASE_DOES_NOT_START', { release: release.next.name, url: instance.url, reason });
  }
  const boundary = firstIndexAfter(
    loaded.inactive.map(({ treeId, loadedLength: length }) => ({ treeId, length })),
  );
  if (boundary > 0) {
    await rekor.entryAt(instance, boundary - 1, bounds.signal);
  }
};
