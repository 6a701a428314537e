import type { LogKey } from '../activities/verification/log-key';
import type { TreeId } from '../workflows/model/log';
import { Asking } from './asking';
import { readEnds, type ShardEnds } from './boundaries';
import { type AuditedAddress, type Instance, meet } from './instance';
import { keyFindings } from './keys';
import { disagreements } from './model/agreement';
import type { Unasked } from './model/facts';
import { Findings } from './model/finding';
import { settled } from './settled';

/** What all addresses say of themselves, at about one time. */
export interface Meeting {
  readonly instances: readonly Instance[];
  /** Of those that answer as one process. */
  readonly ends: ReadonlyMap<Instance, ReadonlyMap<TreeId, ShardEnds>>;
  readonly findings: Findings;
  readonly unasked: readonly Unasked[];
}

/** Asks all addresses what they serve, and once more where that looks like a rotation under way. Throws the signal's reason. */
export async function meetAll(
  addresses: readonly AuditedAddress[],
  trustedKeys: readonly LogKey[],
  signal: AbortSignal,
): Promise<Meeting> {
  return await settled(() => meetOnce(addresses, trustedKeys, signal), addresses[0]?.log, signal);
}

async function meetOnce(...[addresses, trustedKeys, signal]: Parameters<typeof meetAll>): Promise<Meeting> {
  const findings = new Findings();
  const asking = new Asking(signal);
  const instances: Instance[] = [];
  for (const address of addresses) {
    const met = await asking.of(address, () => meet(address, findings, signal));
    if (met) instances.push(met);
  }
  findings.add(...disagreements(instances.map(({ view }) => view)), ...keyFindings(instances, trustedKeys));
  const ends = new Map<Instance, ReadonlyMap<TreeId, ShardEnds>>();
  for (const instance of instances.filter(({ several }) => !several)) {
    const read = await asking.of(instance, () => readEnds(instance, findings, signal));
    if (read) ends.set(instance, read);
  }
  return { instances, ends, findings, unasked: asking.unasked };
}
