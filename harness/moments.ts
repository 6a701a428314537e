import { gateHold, sendTo, setsState, setsStateOfAnother } from '../faults/chosen-calls';
import type { HttpProxy } from '../faults/http-proxy';
import type { SlotName } from '../lab/files';
import { together, type Catching, type Caught } from './catching';
import type { LogUnderTest, Serving } from './log-under-test';
import { PATIENCE_MS, until, within } from './waiting';
import type { StepName } from '../workflows/model/steps';

/** At the first call of a step, at one in its middle, and at its last. */
export const moments = ['start', 'middle', 'end'] as const;
export type Moment = (typeof moments)[number];

/** What a moment is told by: the log as it is before the rotation, and the worker's calls. */
export interface Scene {
  readonly catching: Catching;
  readonly current: SlotName;
  readonly next: SlotName;
  readonly currentTreeId: string;
  /** Where the next slot is reached. */
  readonly nextUrl: string;
  /** Before the current slot's Rekor: clients and workers go through it. */
  readonly currentRekor: HttpProxy;
  /** Resolves when a client has been acknowledged on a tree that is not the current one. */
  acknowledgedOnNext(): Promise<void>;
}

/** The scene of a log in which nothing rotates. */
export function sceneOf(
  { catching, slotUrls, rekor, recorder }: LogUnderTest,
  { current, next, activeTreeId }: Serving,
): Scene {
  const earlier = recorder.acknowledged().length;
  return {
    catching,
    current,
    next,
    currentTreeId: activeTreeId,
    nextUrl: slotUrls[next],
    currentRekor: rekor[current],
    acknowledgedOnNext: async () => {
      await until('an acknowledgement on the next tree', PATIENCE_MS, () =>
        recorder
          .acknowledged()
          .slice(earlier)
          .some(({ treeId }) => treeId !== activeTreeId),
      );
    },
  };
}

/** Waits for the moment, and returns with the worker's call that marks it, held. To be called before the rotation starts. */
type Wait = (scene: Scene) => Promise<Caught>;

const gateState = { method: 'GET', path: /^\/state$/ } as const;
const anyWrite = { method: 'POST', path: /^\/api\/v1\/log\/entries$/, times: 1 } as const;
const logInfo = { method: 'GET', path: /^\/api\/v1\/log$/ } as const;

/** Waits for a call, does something while it is held, and lets it go. */
async function then(first: Promise<Caught>, next: () => Promise<Caught>): Promise<Caught> {
  const caught = await first;
  const following = next();
  caught.release();
  return await following;
}

const held = ({ catching }: Scene) => catching.gate('before', gateHold);
const exposed = ({ catching, nextUrl }: Scene) => catching.gate('after', sendTo(nextUrl));
const currentSet = ({ catching, currentTreeId }: Scene, when: 'before' | 'after', state: string) =>
  catching.trillian(when, 'UpdateTree', setsState(currentTreeId, state));
const nextSet = ({ catching, currentTreeId }: Scene, when: 'before' | 'after', state: string) =>
  catching.trillian(when, 'UpdateTree', setsStateOfAnother(currentTreeId, state));
/** The last thing that `settle` does. */
const settled = ({ catching, current }: Scene) => catching.command('after', current, 'stop');

/** Which call of the worker is held in each step: its first that matters, one in its middle, and its last. */
const waits: Readonly<Record<StepName, Readonly<Record<Moment, Wait>>>> = {
  createTree: {
    start: ({ catching }) => catching.trillian('before', 'CreateTree'),
    middle: ({ catching }) => catching.trillian('after', 'CreateTree'),
    end: (scene) => nextSet(scene, 'after', 'DRAINING'),
  },
  stage: {
    start: ({ catching, next }) => catching.command('before', next, 'start'),
    // The next release runs and has answered.
    middle: ({ catching, next }) => catching.command('before', next, 'stop'),
    end: ({ catching, next }) => catching.command('after', next, 'stop'),
  },
  hold: {
    start: held,
    // Writes wait, but one is still in flight to the current release.
    middle: async (scene) => {
      const order = await held(scene);
      const write = scene.currentRekor.when(anyWrite).holdAfter();
      await write.reached;
      const asking = scene.catching.gate('before', gateState);
      order.release();
      return together(await asking, write);
    },
    end: ({ catching }) => catching.gate('after', gateHold),
  },
  start: {
    start: (scene) => then(held(scene), () => scene.catching.command('before', scene.next, 'start')),
    // The current tree is FROZEN already, and the next release is yet to start.
    middle: async (scene) => {
      const order = await held(scene);
      const starting = scene.catching.command('before', scene.next, 'start');
      const frozen = currentSet(scene, 'after', 'FROZEN');
      order.release();
      return together(await frozen, await starting);
    },
    end: (scene) => then(held(scene), () => scene.catching.command('after', scene.next, 'start')),
  },
  freeze: {
    start: (scene) => currentSet(scene, 'before', 'DRAINING'),
    middle: (scene) => currentSet(scene, 'before', 'FROZEN'),
    end: (scene) => currentSet(scene, 'after', 'FROZEN'),
  },
  verify: {
    start: (scene) => nextSet(scene, 'before', 'ACTIVE'),
    // The next tree is open and empty.
    middle: ({ catching }) => catching.trillian('before', 'QueueLeaf'),
    // The handover leaf has been read back.
    end: ({ catching }) =>
      then(catching.trillian('before', 'QueueLeaf'), () => catching.trillian('after', 'GetLeavesByRange')),
  },
  expose: {
    start: ({ catching, nextUrl }) => catching.gate('before', sendTo(nextUrl)),
    middle: exposed,
    // Past the point of no return, and nobody was told of the exposure.
    end: async (scene) => {
      const caught = await exposed(scene);
      await scene.acknowledgedOnNext();
      return caught;
    },
  },
  confirm: {
    start: (scene) => then(exposed(scene), () => scene.catching.trillian('before', 'ListTrees')),
    // The instances are verified, the public log is yet to be.
    middle: (scene) => then(exposed(scene), () => scene.catching.publicLog('before', logInfo)),
    end: (scene) => then(exposed(scene), () => scene.catching.publicLog('after', { ...logInfo, fromNth: 2 })),
  },
  settle: {
    start: ({ catching, next }) => catching.command('before', next, 'enable'),
    middle: ({ catching, current }) => catching.command('before', current, 'disable'),
    end: settled,
  },
  soak: {
    start: (scene) => then(settled(scene), () => scene.catching.trillian('before', 'ListTrees')),
    middle: (scene) =>
      then(settled(scene), () => scene.catching.trillian('before', 'ListTrees', undefined, 2)),
    end: (scene) =>
      then(
        then(settled(scene), () => scene.catching.trillian('before', 'ListTrees', undefined, 2)),
        () => scene.catching.gate('after', gateState),
      ),
  },
};

/** Resolves when the rotation has come to this moment of this step, with the call that marks it. */
export function momentOf(step: StepName, moment: Moment, scene: Scene): Promise<Caught> {
  return waits[step][moment](scene);
}

/** One place in each step in which a rotation is caught, and what is so then. */
const places: Readonly<Record<StepName, readonly [where: string, wait: Wait]>> = {
  createTree: ['the tree exists, but nobody was told its id', waits.createTree.middle],
  stage: ['the rehearsed slot is about to start, and does so afterwards', waits.stage.start],
  hold: ['writes are held, but nobody was told', waits.hold.end],
  start: ['the next slot is about to start, and does so afterwards', waits.start.start],
  freeze: ['the current tree is FROZEN, but nobody was told', waits.freeze.end],
  verify: [
    'the handover leaf is queued, but nobody was told',
    ({ catching }) => catching.trillian('after', 'QueueLeaf'),
  ],
  expose: ['the order that sends clients to the next slot is under way', waits.expose.start],
  confirm: ['clients are sent to the next slot, and nothing is proven yet', waits.confirm.start],
  settle: [
    'the standing configuration is written, and the current slot is about to stop',
    ({ catching, current }) => catching.command('before', current, 'stop'),
  ],
  soak: ['everything is done but the watching', waits.soak.start],
};

/** Where in each of these steps a rotation is caught by `caughtIn`: rows for a table of tests. */
export function caughtRows(
  steps: readonly StepName[],
): readonly { readonly step: StepName; readonly where: string }[] {
  return steps.map((step) => ({ step, where: places[step][0] }));
}

/**
 * Waits until a rotation, which is started meanwhile, is in the middle of a step, and keeps it there until `release`.
 * Call it before the rotation is started.
 */
export async function caughtIn(log: LogUnderTest, step: StepName, serving: Serving): Promise<Caught> {
  return await within(`a call of ${step}`, PATIENCE_MS, places[step][1](sceneOf(log, serving)));
}
