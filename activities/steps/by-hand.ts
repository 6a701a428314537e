import type { ByHand, HeldStep } from '../../workflows/model/by-hand';
import type { TreeId } from '../../workflows/model/log';
import { orderNumber } from '../../workflows/model/rotation';
import type { Attempt } from '../attempt';
import { errorReason } from '../error-reason';
import type { LogSystems } from '../systems';

/** What is there now and what would finish a held step by hand. What cannot be read is said, not thrown. */
export async function byHand(systems: LogSystems, held: HeldStep, attempt: Attempt): Promise<ByHand> {
  const { trillian, gate, installation } = systems;
  const { currentTreeId, nextTreeId, current, next } = held.release;
  const tree = async (treeId: TreeId): Promise<string> => (await trillian.getTree(treeId, attempt)).state;
  const runs = async (release: string): Promise<string> =>
    (await installation.runs(release, attempt.signal)) ? 'runs' : 'does not run';
  const facts: readonly [string, () => Promise<string>][] = [
    [`current tree ${currentTreeId}`, () => tree(currentTreeId)],
    ...(nextTreeId === ''
      ? []
      : [[`next tree ${nextTreeId}`, () => tree(nextTreeId)] satisfies [string, () => Promise<string>]]),
    [
      'gate',
      async () => {
        const { mode, upstream, number } = await gate.state(attempt.signal);
        return `${mode}, sends to ${upstream}, follows order ${number}`;
      },
    ],
    [`release ${current}`, () => runs(current)],
    [`release ${next}`, () => runs(next)],
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
}

/** The programs are Trillian's own `updatetree`, curl with the gate's token, and what the installation says. */
async function commandsFor(
  { addresses, installation }: LogSystems,
  { step, release, identity }: HeldStep,
): Promise<readonly string[]> {
  const { byHand: releases } = installation;
  const setState = (treeId: TreeId, state: string): string =>
    `updatetree --admin_server=${addresses.trillian} --tree_id=${treeId} --tree_state=${state}`;
  const sendTo = (name: string, number: number): string => {
    const upstream = installation.instances(name)[0]?.url ?? '';
    const order = JSON.stringify({ rotation: 'by hand', number, upstream });
    return `curl -X PUT http://${addresses.gateAdmin}/order/release -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '${order}'`;
  };
  const after = orderNumber(identity) + 1;
  const { currentTreeId, nextTreeId, current, next } = release;
  switch (step) {
    case 'undo verify':
      return [setState(nextTreeId, 'DRAINING'), setState(nextTreeId, 'FROZEN')];
    case 'undo freeze':
      return [setState(currentTreeId, 'ACTIVE')];
    case 'undo hold':
      return [sendTo(current, after)];
    case 'undo start':
      return releases.stop(next);
    case 'undo stage':
      return await releases.discard(release);
    case 'undo createTree':
      return nextTreeId === '' ? [] : [setState(nextTreeId, 'FROZEN')];
    case 'look back':
      return [setState(currentTreeId, 'ACTIVE'), sendTo(current, after)];
    case 'forward':
      return [...releases.start(next), setState(nextTreeId, 'ACTIVE'), sendTo(next, after)];
    case 'settle':
      return releases.settle(release);
    default:
      return [];
  }
}
