import type { StageInput } from '../../workflows/model/actions';
import type { Instance } from '../../workflows/model/log';
import { clientRequests } from '../clients/rekor';
import { refuse } from '../errors/refusal-error';
import type { BoundSystems } from '../systems';
import type { LogIdentity } from '../verification/rehearsal';
import { instanceAddress } from './log-addresses';
import { keysOf, requireKeys, type KeyOfTree } from './shard-keys';

/**
 * Proves of a rehearsed instance what its shards do not show: it answers every kind of request that a verification makes,
 * has no operation switched off that clients use, signs under the host name of the current release, and each shard with the
 * key that it is to have. Behind the point of no return there is no way back from any of these. Refuses OPERATION_SWITCHED_OFF,
 * RELEASES_DIFFER, and as `requireKeys` does.
 *
 * @returns the key of each shard.
 */
export async function requireSameService(
  systems: BoundSystems,
  input: StageInput,
  next: Instance,
): Promise<KeyOfTree> {
  const { release, signer } = input;
  const { verifier, rekor, installation, bounds } = systems;
  const { signal } = bounds;
  const ofNext = await verifier.rehearse(instanceAddress(systems, next), undefined, signal);
  const offAtNext = await rekor.switchedOff(next, signal);
  // What is to be superseded cannot serve, so it cannot be asked; both releases were compared when it was staged.
  const current = release.supersedes ? [] : await installation.instances(release.current, signal);
  const offAtCurrent = await Promise.all(current.map((instance) => rekor.switchedOff(instance, signal)));
  for (const operation of offAtNext) {
    // A search that is off everywhere is meant to be; a log that takes no entries is not.
    if (operation === 'createLogEntry' || offAtCurrent.some((off) => !off.includes(operation))) {
      throw refuse('OPERATION_SWITCHED_OFF', {
        url: next.url,
        request: `POST ${clientRequests[operation].path}`,
        operation,
      });
    }
  }
  const former: LogIdentity[] = [];
  for (const instance of current) {
    const ofCurrent = await verifier.rehearse(instanceAddress(systems, instance), undefined, signal);
    former.push(ofCurrent);
    for (const [field, what] of signer?.changes ? [hostname] : [hostname, activeKey]) {
      if (ofNext[field] !== ofCurrent[field]) {
        throw refuse('RELEASES_DIFFER', {
          next: release.next.name,
          current: release.current.name,
          what,
          ofNext: ofNext[field],
          ofCurrent: ofCurrent[field],
        });
      }
    }
  }
  await requireKeys(systems, input, next, { ofNext, former });
  return keysOf(ofNext);
}

/** What both releases must have in common, and what it is called. */
const hostname = ['hostname', '--rekor_server.hostname'] as const;
const activeKey = ['logId', 'signing key (SHA-256 of the public key)'] as const;
