import { FakeLog, type Leaf } from '../activities/verification/fake-log';
import { dsse, hashedRekord } from '../activities/verification/leaves';

/** When the first entry was written; seconds. */
export const time = 1_790_000_000;

export const leaves = (name: string, count: number, from: number): Leaf[] =>
  Array.from({ length: count }, (_, leaf) => hashedRekord(`${name} ${leaf}`, from + leaf));

/** Trees of 25, 0, 1 and (active) 14 entries. */
export const sound = (): FakeLog =>
  new FakeLog([
    { treeId: '6826284441047790130', leaves: leaves('first', 25, time) },
    { treeId: '12', leaves: [] },
    { treeId: '3180555228007335225', leaves: leaves('second', 1, time + 50) },
    { treeId: '77', leaves: [...leaves('third', 13, time + 100), dsse('payload', time + 200)] },
  ]);
