import { openCluster } from '../../../clients/kubernetes/cluster';
import { serviceTraffic } from '../../../traffic/service';
import type { Traffic } from '../../../traffic/traffic';
import type { KubernetesOptions, Parts } from '../kubernetes';
import { leaseFence } from './lease';
import { ledByService } from './led-service';

/** The traffic of a log on Kubernetes without a gate: the selector of its own Service, and a Lease that keeps the fence. */
export function kubernetesTraffic(options: KubernetesOptions, parts: Parts = {}): Traffic {
  const { cluster = openCluster({ log: options.log, source: options.source }), serviceFollowsMs } = parts;
  return serviceTraffic(leaseFence(cluster, options), ledByService(cluster, options, serviceFollowsMs));
}
