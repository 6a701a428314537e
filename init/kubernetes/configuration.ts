import { assumed, missing, notesOf, written, type Line } from '../settings';
import type { InitialConfiguration } from '../initial-configuration';
import { gate } from './gate';
import { installation, type Access } from './installation';
import { publicNames } from './public-names';
import type { FoundLog } from './search';
import { trillian } from './trillian';

/**
 * Writes a configuration of a log that runs in a cluster, for a worker in a pod of it.
 *
 * @param name of the log.
 */
export function initialConfiguration(name: string, log: FoundLog, access: Access): InitialConfiguration {
  const lines: readonly Line[] = [
    {
      key: 'temporal',
      missing: 'nothing of the log says where Temporal is. TEMPORAL_ADDRESS and profiles of Temporal win.',
      lines: [missing('address', 'temporal-frontend.temporal.svc:7233', '')],
    },
    assumed('metrics', '0.0.0.0:9464', 'in the pod of the worker, for Prometheus and for its probe.'),
    {
      key: 'logs',
      lines: [
        {
          key: name,
          lines: [...publicNames(log), trillian(log), gate(name, log), installation(log, access)],
        },
      ],
    },
  ];
  return { yaml: `${[...head(log), ...written(lines)].join('\n')}\n`, notes: notesOf(lines) };
}

function head({ namespace }: FoundLog): string[] {
  return [
    `# Written by \`rekor-rotate init --namespace\` from what namespace ${namespace} runs, for a worker in a pod of the cluster.`,
    '# A line that begins with "#" and a key is missing: give it its value and take the "#" away. Then look at what is',
    '# assumed. `rekor-rotate config check` says what is wrong; examples/rekor-rotate-kubernetes.yaml explains.',
  ];
}
