import type { Cluster } from '../../../../activities/clients/kubernetes/cluster';
import type { KubernetesObject } from '../../../../activities/clients/kubernetes/objects';
import { connectRekor } from '../../../../activities/clients/rekor';
import { listAt, numberAt, objectAt } from '../../../../activities/installation/kubernetes/json-path';
import type { KubernetesOptions } from '../../../../activities/installation/kubernetes/kubernetes';
import type { BoundSystems } from '../../../../activities/systems';
import { gateTraffic } from '../../../../activities/traffic/gate';
import type { OneGate } from '../../../../activities/traffic/one-gate';
import type { GateState } from '../../../../gate/messages';
import type { ShapeName } from '../../../../lab/kubernetes/log/shapes';
import { aGateState } from '../../../gate/a-gate-state';
import { someBounds } from '../../fake-log';
import { CURRENT, StandingOnCluster } from './standing-log';

/** By which clients reach Rekor, or the gate. */
export const CLIENTS = 'Service rekor-server';
/** By which the gate reaches Rekor. */
export const DIRECT_URL = 'http://rekor-direct.rekor-system.svc';
export const GATE_LABELS = { app: 'rekor-gate' };
const GATE_ADDRESS = '198.18.9.1';
/** Another one than Rekor's, so that a change of the selector alone would lead nowhere. */
export const GATE_PORT = 3_333;

/** The pod of a gate. */
export function gatePod(name = 'rekor-gate-0', ready = 'True'): KubernetesObject {
  return {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, uid: name, labels: GATE_LABELS } },
    status: { phase: 'Running', podIP: GATE_ADDRESS, conditions: [{ type: 'Ready', status: ready }] },
  };
}

/** A log on a cluster whose gate is inserted for a rotation, with two pods of Rekor and three Services. */
export class LogWithInsertedGate {
  readonly on: StandingOnCluster;
  /** What its gate says. */
  gate: GateState = { ...aGateState, instances: [DIRECT_URL] };
  /** Which tree Rekor serves behind the gate. */
  served: string = CURRENT;
  /** How many writes each pod of Rekor has answered, by its address. */
  readonly answered: Record<string, number> = { '198.18.1.1': 0, '198.18.1.2': 0 };

  constructor(
    shape: ShapeName = 'upstream',
    options: Partial<Pick<KubernetesOptions, 'strategy' | 'ownersHeldOff'>> = {},
  ) {
    const inserted = { at: 'rekor-server', gateService: 'rekor-gate', gatePort: GATE_PORT };
    this.on = new StandingOnCluster(shape, { ...options, inserted, service: 'rekor-direct' });
    const { cluster, pages } = this.on;
    const service = this.service();
    const ports = listAt(service, 'spec', 'ports');
    // What else such a Service has ports for, it gives to the one that always leads to Rekor.
    if (shape !== 'operator') {
      const ofRequests = ports.filter((port) => numberAt(port, 'port') === 80);
      cluster.put({ ...service, spec: { ...objectAt(service, 'spec'), ports: ofRequests } });
    }
    const metadata = { namespace: 'rekor-system', name: 'rekor-direct' };
    cluster.put({ ...service, metadata, spec: { ...objectAt(service, 'spec'), type: 'ClusterIP' } });
    cluster.put({
      ...{ apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'rekor-system', name: 'rekor-gate' } },
      spec: { selector: GATE_LABELS, ports: [{ name: 'traffic', port: 80, targetPort: 'traffic' }] },
    });
    cluster.put(gatePod());
    const log = () => ({ treeID: this.served, treeSize: 3, rootHash: '0'.repeat(64), inactiveShards: [] });
    pages.set(`${GATE_ADDRESS}/api/v1/log`, () => JSON.stringify(log()));
    for (const address of Object.keys(this.answered)) {
      pages.set(`${address}/metrics`, () => rekorPage(this.answered[address] ?? 0));
    }
  }

  /** The Service of clients. */
  service(): KubernetesObject {
    const found = this.on.cluster.peek(CLIENTS);
    if (!found) throw new Error('there is no Service');
    return found;
  }

  /** Somebody changes it. */
  edit(change: (service: KubernetesObject) => object): void {
    this.on.cluster.put({ ...this.service(), ...change(this.service()) });
  }

  /** The log as another process has it. */
  systems(cluster: Cluster = this.on.cluster): BoundSystems {
    const gate = { url: 'http://gate:3100', state: () => Promise.resolve(this.gate) } as unknown as OneGate;
    const systems: Partial<BoundSystems> = {
      log: 'production',
      traffic: gateTraffic([gate]),
      insertion: this.on.insertion(cluster),
      installation: this.on.opened(),
      rekor: connectRekor({ log: 'production', transport: this.on.carry }),
      bounds: someBounds(),
    };
    return systems as BoundSystems;
  }
}

/** A page of Rekor's metrics, with what it answered by two statuses, and what else it counts. */
export function rekorPage(answeredWrites: number, startedAt = 1): string {
  const of = (path: string, method: string, code: number, value: number): string =>
    `rekor_qps_by_api{code="${code}",method="${method}",path="${path}"} ${value}`;
  return [
    '# TYPE rekor_qps_by_api counter',
    of('/api/v1/log/entries', 'POST', 201, Math.max(answeredWrites - 1, 0)),
    of('/api/v1/log/entries', 'POST', 400, Math.min(answeredWrites, 1)),
    of('/api/v1/log/entries', 'GET', 200, 77),
    of('/api/v1/log/entries/retrieve', 'POST', 200, 55),
    'rekor_new_entries 5',
    `process_start_time_seconds ${startedAt}`,
    '',
  ].join('\n');
}
