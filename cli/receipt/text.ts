import { counted, entries } from '../../workflows/model/counted';
import { printable } from '../../workflows/model/shown';
import { RECEIPT_FILE } from '../../receipt/pack/pack';
import type { Receipt } from '../../receipt/schema';
import type { Verdict } from '../../receipt/verify';
import { list, table, titled, wrap, type Row } from '../text';

/** What no key of a log has signed: it can be read in a receipt, and cannot be proven. */
const STATED =
  'who started, approved and steered it, its times, steps and versions, how writes fared, how the drain was proven, what was counted, and the names of instances';

/** What `receipt LOG` has written, for people. */
export function writtenText(
  { rotation: { id }, log, keys }: Receipt,
  folder: string,
  columns: number,
): string {
  const key = keys.length === 1 ? 'the key' : 'the keys';
  return [
    ...wrap(`The receipt of rotation ${id} of ${log}, and what to send to whom, is in`, columns),
    folder,
    ...wrap(`To check it, with ${key} of the log as you published it:`, columns),
    `rekor-rotate receipt verify ${folder}/${RECEIPT_FILE} --key KEY.pem`,
  ].join('\n');
}

/** What came of a look at a receipt, for people. */
export function verdictText(verdict: Verdict, columns: number): string {
  const { receipt, failures, used, notes } = verdict;
  const of = receipt ? ` of rotation ${printable(receipt.rotation.id)} of ${printable(receipt.log)}` : '';
  const found = failures.map(({ code, where, what }) => printable(`${where}: ${what}. (${code})`));
  const keys = used.map(({ logId, trees }) => `${logId}, for tree ${trees.join(', ')}`);
  return [
    ...wrap(`The receipt${of} ${failures.length === 0 ? 'holds' : 'does not hold'}.`, columns),
    ...(receipt && failures.length === 0 ? ['', ...table(factRows(receipt, notes), columns)] : []),
    ...titled('What does not hold', list(found, columns)),
    ...titled('Your keys that were used', list(keys, columns)),
    ...(receipt ? titled('Stated only, signed by nobody', wrap(`${STATED}.`, columns, '  ')) : []),
  ].join('\n');
}

function factRows(
  { shards, ended, next, handover, instances, instancesLeftOut }: Receipt,
  notes: number,
): Row[] {
  const ends = shards.filter(({ treeId }) => ended.includes(treeId));
  const leftOut = instancesLeftOut === 0 ? '' : `, and ${instancesLeftOut} of which it has nothing`;
  return [
    ...ends.map(({ treeId, length, rootHash }): Row => [
      'Ended',
      `tree ${treeId}, with ${entries(length)} and the root ${rootHash}`,
    ]),
    ['Active', `tree ${next.treeId}, from virtual index ${next.firstIndex} on`],
    [
      'Handover',
      handover
        ? `leaf 0 of tree ${next.treeId} commits to that end`
        : 'none: an entry of a client came before it, so only the notes say where the trees meet',
    ],
    ['Signed notes', String(notes)],
    ['Instances', `${counted(instances.length, 'process', 'processes')} had loaded these lengths${leftOut}`],
  ];
}

/** The same for programs. */
export function verdictForPrograms({ receipt, failures, used, notes }: Verdict): object {
  return {
    holds: failures.length === 0,
    log: receipt?.log ?? null,
    rotationId: receipt?.rotation.id ?? null,
    failures,
    keysUsed: used,
    notes,
  };
}
