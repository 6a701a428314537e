import type { Clients } from '../../harness/clients';
import type { Rotations } from '../../harness/rotations';
import type { RotationResult } from '../../workflows/model/result';
import { expectOutcome } from '../stack/outcome';

/** Rotates a log on a cluster under writes and reads: no request fails, nothing is lost, and no index is given twice. */
export async function rotateUnnoticed(
  log: { readonly clients: Clients; readonly rotations: Rotations; readonly firstTree: string },
  writesPerSecond: number,
): Promise<RotationResult> {
  const { clients, rotations, firstTree } = log;
  const load = clients.load(writesPerSecond);
  await clients.expectWritable();
  const result = await rotations.rotate();
  await clients.expectWritable();
  const { failures, writes, reads } = await load.stop();
  expectOutcome(result, 'completed');
  expect(result.currentTree).toMatchObject({ treeId: firstTree });
  expect(failures).toEqual([]);
  expect([writes.attempted > 20, reads.attempted > 20]).toEqual([true, true]);
  await clients.expectNothingLost();
  return result;
}
