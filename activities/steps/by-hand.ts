import type { AttemptInput } from '../../workflows/model/actions';
import type { ByHand, HeldStep } from '../../workflows/model/by-hand';
import type { Release } from '../../workflows/model/installation';
import type { TreeId } from '../../workflows/model/log';
import { fenceOf } from '../../workflows/model/fencing';
import type { StubbornStep } from '../../workflows/model/steps';
import { errorReason } from '../errors/error-reason';
import type { Act } from './act';
import { requireNothingAfter, requireNothingPublicAfter } from './current-tree';
import { currentEnd } from './current-end';
import { isExposed, livesOnNext } from './ownership';
import { notAsBefore } from './rolled-back';
import { shardsOfCurrent, shardsOfNext } from './writes';

/** What is there now and what would finish a held step by hand. What cannot be read is said, not thrown. */
export const byHand: Act<HeldStep, ByHand> = async (systems, held) => {
  const { trillian, traffic, installation, bounds } = systems;
  const { currentTreeId, nextTreeId, current, next } = held.release;
  const tree = async (treeId: TreeId): Promise<string> => (await trillian.getTree(treeId, bounds)).state;
  const runs = async (release: Release): Promise<string> =>
    (await installation.runs(release, bounds.signal)) ? 'runs' : 'does not run';
  const facts: readonly [string, () => Promise<string>][] = [
    [`current tree ${currentTreeId}`, () => tree(currentTreeId)],
    ...(nextTreeId === ''
      ? []
      : [[`next tree ${nextTreeId}`, () => tree(nextTreeId)] satisfies [string, () => Promise<string>]]),
    [
      'traffic',
      async () => {
        const { mode, instances, number } = await traffic.state(bounds.signal);
        return `${mode}, sends to ${instances.join(', ')}, follows order ${number}`;
      },
    ],
    [current.name, () => runs(current)],
    [next.name, () => runs(next)],
  ];
  const state = await Promise.all(
    facts.map(async ([what, read]) => {
      const found = await read().catch((error: unknown) => `cannot be read: ${errorReason(error)}`);
      return `${what}: ${found}`;
    }),
  );
  try {
    return { state, commands: await commandsFor(systems, held) };
  } catch (error) {
    return { state: [...state, `what would finish it cannot be said: ${errorReason(error)}`], commands: [] };
  }
};

/**
 * The programs are Trillian's own `updatetree`, and what the traffic and the installation say. None of them
 * looks before it acts, so nothing is shown that would be wrong by what is there now.
 */
const commandsFor: Act<HeldStep, readonly string[]> = async (systems, held) => {
  const { addresses, installation, traffic, bounds } = systems;
  const addressesOf = (of: Release): Promise<readonly string[]> => installation.addresses(of, bounds.signal);
  const { step, release, identity, froze = false } = held;
  const { currentTreeId, nextTreeId, current, next, supersedes } = release;
  const setState = (treeId: TreeId, state: string): string =>
    `updatetree --admin_server=${addresses.trillian} --tree_id=${treeId} --tree_state=${state}`;
  const sendTo = async (
    to: Release,
    number: number,
    shards = shardsOfCurrent(release),
  ): Promise<readonly string[]> =>
    await traffic.byHand.send(
      { attemptId: 'by hand', number, instances: await addressesOf(to), shards },
      bounds.signal,
    );
  const own = fenceOf(identity);
  if (await leavesAlone[step]?.(systems, held)) {
    return [];
  }
  switch (step) {
    case 'undo verify':
      return [setState(nextTreeId, 'DRAINING'), setState(nextTreeId, 'FROZEN')];
    case 'undo freeze':
      if (supersedes) {
        return []; // That tree was closed before its attempt, and stays so.
      }
      await requireNothingAfter(systems, held);
      return [setState(currentTreeId, 'ACTIVE')];
    case 'undo hold':
      return await sendTo(current, own.undo);
    case 'undo start':
      return installation.byHand.stop(next);
    case 'undo stage':
      return await installation.byHand.discard(release);
    case 'undo createTree':
      return nextTreeId === '' ? [] : [setState(nextTreeId, 'FROZEN')];
    case 'look back': {
      const different = await notAsBefore(systems, { identity, release, froze });
      if (different.some(({ wanted }) => wanted !== 'clients to current' && wanted.state === 'ACTIVE')) {
        await requireNothingPublicAfter(systems, held);
      }
      const toCurrent = await sendTo(current, own.undo);
      const commands = different.flatMap(({ wanted }) =>
        wanted === 'clients to current' ? toCurrent : setState(wanted.treeId, wanted.state),
      );
      return [...new Set(commands)];
    }
    case 'forward': {
      // A Rekor that starts now computes with what the tree has become (H1).
      const { end } = await currentEnd(systems, held);
      const { state } = await systems.trillian.getTree(currentTreeId, systems.bounds);
      return [
        ...(state === 'DRAINING' ? [setState(currentTreeId, 'FROZEN')] : []),
        ...installation.byHand.start(next),
        ...(await addressesOf(next)).map(
          (url) =>
            `curl -fsS ${url}/api/v1/log # go on only if its inactive shard ${currentTreeId} has treeSize ${end.size}`,
        ),
        setState(nextTreeId, 'ACTIVE'),
        // Of the same number as its own order, which may follow it then.
        ...(await sendTo(next, own.act, shardsOfNext(release, end.size))),
      ];
    }
    case 'settle':
      return installation.byHand.settle(release);
    case 'confirm':
    case 'soak':
    case 'supersede':
      return []; // There is nothing to do by hand: they only look.
  }
};

/** For each step, when it would itself do nothing: clients are sent to what an undo takes back (H7). Null: never. */
const leavesAlone: Readonly<Record<StubbornStep, Act<AttemptInput, boolean> | null>> = {
  'undo verify': livesOnNext,
  'undo freeze': livesOnNext,
  'undo hold': livesOnNext,
  'undo start': isExposed,
  'undo stage': isExposed,
  'undo createTree': null,
  'look back': null,
  supersede: null,
  forward: null,
  confirm: null,
  settle: null,
  soak: null,
};
