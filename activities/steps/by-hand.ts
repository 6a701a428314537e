import type { ByHand, HeldStep } from '../../workflows/model/by-hand';
import type { TreeId } from '../../workflows/model/log';
import { orderNumber } from '../../workflows/model/rotation';
import type { Attempt } from '../attempt';
import { errorReason } from '../error-reason';
import { shellLine } from '../installation/shell-line';
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
  return { state, commands: commandsFor(systems, held) };
}

/** The programs are Trillian's own `updatetree`, curl with the gate's token, and the slots' commands. */
function commandsFor(systems: LogSystems, { step, release, identity }: HeldStep): string[] {
  const { addresses, installation } = systems;
  const setState = (treeId: TreeId, state: string): string =>
    `updatetree --admin_server=${addresses.trillian} --tree_id=${treeId} --tree_state=${state}`;
  const sendTo = (name: string, number: number): string => {
    const upstream = installation.instances(name)[0]?.url ?? '';
    const order = JSON.stringify({ rotation: 'by hand', number, upstream });
    return `curl -X PUT http://${addresses.gateAdmin}/order/release -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '${order}'`;
  };
  const run = (name: string, verb: 'start' | 'stop'): string =>
    shellLine(addresses.commands[name]?.[verb] ?? []);
  const after = orderNumber(identity) + 1;
  const { currentTreeId, nextTreeId, current, next } = release;
  const known: Readonly<Record<string, readonly string[]>> = {
    'undo verify': [setState(nextTreeId, 'DRAINING'), setState(nextTreeId, 'FROZEN')],
    'undo freeze': [setState(currentTreeId, 'ACTIVE')],
    'undo hold': [sendTo(current, after)],
    'undo start': [run(next, 'stop')],
    'undo stage': [run(next, 'stop')],
    'undo createTree': nextTreeId === '' ? [] : [setState(nextTreeId, 'FROZEN')],
    'look back': [setState(currentTreeId, 'ACTIVE'), sendTo(current, after)],
    forward: [run(next, 'start'), setState(nextTreeId, 'ACTIVE'), sendTo(next, after)],
    settle: installation.settleByHand(release),
  };
  return (known[step] ?? []).filter((command) => command !== '');
}
