import type { Check } from '../../workflows/model/checks';
import type { Instance } from '../../workflows/model/log';
import { clientRequests } from '../clients/rekor';
import { refuse } from '../errors/refusal-error';
import type { Act } from '../steps/act';
import { examined } from './examined';

/** An older Rekor signs each time anew, with the time in it: three answers are enough to see that. */
const LOOKS = 3;

/** What a Rekor that serves shows of itself beside its shards. */
export const examineInstances: Act<readonly Instance[], Check[]> = async (systems, instances) => {
  const { log, rekor, bounds } = systems;
  const checks = instances.map(async (instance) => [
    ...(await examined('OPERATIONS_ON', 'refused', async () => {
      const off = await rekor.switchedOff(instance, bounds.signal);
      if (off.includes('createLogEntry')) {
        throw refuse('OPERATION_SWITCHED_OFF', {
          url: instance.url,
          request: `POST ${clientRequests.createLogEntry.path}`,
          operation: 'createLogEntry',
        });
      }
      return { instance: instance.name, off };
    })),
    ...(await examined('CHECKPOINTS_KEPT', 'refused', async () => {
      const looks = [];
      for (let look = 0; look < LOOKS; look += 1) {
        looks.push(await rekor.inactiveCheckpoints(instance, bounds.signal));
      }
      const [first = [], ...later] = looks;
      for (const { treeId, checkpoint } of first) {
        const differs = (other: typeof first): boolean =>
          other.find((shard) => shard.treeId === treeId)?.checkpoint !== checkpoint;
        if (later.some(differs)) {
          throw refuse('CHECKPOINTS_DIFFER', {
            ...{ log, instance: instance.name, url: instance.url, tree: treeId },
          });
        }
      }
      return { instance: instance.name, shards: first.length };
    })),
  ]);
  return (await Promise.all(checks)).flat();
};
