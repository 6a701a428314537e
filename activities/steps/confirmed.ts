import { canonicalUrl } from '../../workflows/model/base-url';
import type { Confirmation, ProvenAddress } from '../../workflows/model/evidence';
import { fittedEvidence } from '../../workflows/model/fitting';
import type { InstanceEvidence } from '../../workflows/model/signed-evidence';
import { version } from '../version';

/** A Rekor process, and what was proven of it. */
export interface ProvenInstance {
  readonly name: string;
  readonly proven: ProvenAddress;
}

/** What is kept of a confirmed log: what was counted at its public address, and what it and each instance signed. */
export function confirmation(
  address: string,
  { served, ...report }: ProvenAddress,
  instances: readonly ProvenInstance[],
): Confirmation {
  const signed =
    served &&
    fittedEvidence({
      ...{ at: new Date().toISOString(), address: canonicalUrl(address) },
      worker: { rekorRotate: version(), node: process.version },
      ...served,
      instances: instances.flatMap(instanceEvidence),
      instancesLeftOut: 0,
    });
  return { ...report, ...(signed && { signed }) };
}

function instanceEvidence({ name, proven: { served } }: ProvenInstance): InstanceEvidence[] {
  const ended = served?.inactive.at(-1);
  if (!served || !ended) {
    return [];
  }
  return [
    {
      name,
      loaded: served.inactive.map(({ treeId, length }) => ({ treeId, length })),
      endedCheckpoint: ended.checkpoint,
      checkpoint: served.firstLeaf.checkpoint,
      path: served.firstLeaf.path,
    },
  ];
}
