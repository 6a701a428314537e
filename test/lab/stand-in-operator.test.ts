import type { JsonObject } from '../../activities/clients/kubernetes/exact-json';
import { writeExactJson } from '../../activities/clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../activities/clients/kubernetes/objects';
import { objectAt, textAt, valueAt } from '../../activities/installation/kubernetes/json-path';
import { readWorkload } from '../../activities/installation/kubernetes/rekor-workload';
import { PATIENCE_MS } from '../../harness/waiting';
import { OPERATOR } from '../../lab/kubernetes/log/operator/names';
import { operator } from '../../lab/kubernetes/log/operator/operator';
import { reconcile } from '../../lab/kubernetes/log/operator/reconcile';
import { ObjectsInMemory } from '../../simulation/world/kubernetes/objects-in-memory';

const [FIRST, SECOND] = ['3904496407287907110', '6826284441047790130'] as const;
const DEPLOYMENT = 'Deployment rekor-server';
const REKOR = `Rekor ${OPERATOR.resource}`;

/** A cluster with a Securesign, on which the stand-in has worked so often. */
class Operated {
  readonly cluster = new ObjectsInMemory();

  constructor() {
    const settings = { treeId: FIRST, signingKey: '', hostname: 'rekor.example', replicas: 2 };
    this.cluster.put(operator.generator?.resource(settings) as KubernetesObject);
  }

  async pass(): Promise<void> {
    const writeStatus = (rekor: KubernetesObject, status: JsonObject): Promise<void> => {
      this.cluster.changes.push(`status ${rekor.metadata.name}`);
      this.cluster.report(REKOR, status);
      return Promise.resolve();
    };
    const { namespace } = OPERATOR;
    const bounds = { signal: AbortSignal.timeout(PATIENCE_MS) };
    await reconcile({ cluster: this.cluster, writeStatus, namespace }, bounds);
  }

  /** Until there is nothing more to do. */
  async settle(): Promise<void> {
    await this.pass();
    this.cluster.setStatus(DEPLOYMENT);
    await this.pass();
  }

  whole(key: string): KubernetesObject {
    const found = this.cluster.peek(key);
    if (!found) throw new Error(`There is no ${key}.`);
    return found;
  }

  /** Somebody gives an object other fields. */
  change(key: string, fields: JsonObject): void {
    this.cluster.put({ ...this.whole(key), ...fields });
  }

  changeSecuresign(fields: JsonObject): void {
    const key = `Securesign ${OPERATOR.resource}`;
    this.change(key, { spec: { rekor: { ...objectAt(this.whole(key), 'spec', 'rekor'), ...fields } } });
  }

  get list(): string {
    return textAt(this.whole(REKOR), 'status', 'serverConfigRef', 'name') ?? '';
  }
}

describe("the stand-in for Red Hat's operator", () => {
  it('makes a Rekor of a Securesign, and of that a Deployment with each flag and its value apart', async () => {
    const one = new Operated();
    await one.settle();
    expect(Object.keys(one.cluster.objects)).toEqual([
      ...[`Securesign ${OPERATOR.resource}`, REKOR, `ConfigMap ${one.list}`, DEPLOYMENT],
      'Service rekor-server',
    ]);
    const { tree, list } = readWorkload('production', one.whole(DEPLOYMENT));
    expect(tree).toMatchObject({ kind: 'container', prefix: '', treeId: FIRST });
    expect(list.name).toBe(one.list);
    expect(writeExactJson(objectAt(one.whole(REKOR), 'status')['treeID'] ?? null)).toBe(FIRST);
    expect(valueAt(one.whole(REKOR), 'status', 'conditions', 1)).toMatchObject({
      ...{ type: 'Ready', status: 'True', observedGeneration: 1 },
    });
  });

  it('gives another list another name, after the former one has gone, and then starts pods anew', async () => {
    const one = new Operated();
    await one.settle();
    const former = one.list;
    const before = one.cluster.changes.length;
    one.changeSecuresign({ treeID: BigInt(SECOND), sharding: [{ treeID: BigInt(FIRST) }] });
    await one.pass();
    expect(one.list).not.toBe(former);
    expect(one.cluster.changes.slice(before)).toEqual([
      ...[`patch ${REKOR}`, `delete ConfigMap ${former}`, `apply ConfigMap ${one.list}`],
      ...[`apply ${DEPLOYMENT}`, 'apply Service rekor-server', `status ${OPERATOR.resource}`],
    ]);
    expect(one.whole(`ConfigMap ${one.list}`)).toMatchObject({
      ...{ immutable: true, data: { 'sharding-config.yaml': `- treeID: ${FIRST}\n  treeLength: 0\n` } },
    });
    expect(valueAt(one.whole(REKOR), 'status', 'conditions', 1)).toMatchObject({ status: 'False' });
    expect(readWorkload('production', one.whole(DEPLOYMENT)).tree).toMatchObject({ treeId: SECOND });
  });

  it('keeps the tree of the status when nobody names one any more', async () => {
    const one = new Operated();
    await one.settle();
    one.changeSecuresign({ treeID: undefined });
    await one.settle();
    expect(readWorkload('production', one.whole(DEPLOYMENT)).tree).toMatchObject({ treeId: FIRST });
  });

  it('overwrites what somebody has written into what it makes', async () => {
    const one = new Operated();
    await one.settle();
    const { spec } = one.whole(DEPLOYMENT);
    one.change(REKOR, { spec: { treeID: 7 } });
    one.change(DEPLOYMENT, { spec: { replicas: 9 } });
    await one.settle();
    expect(one.whole(DEPLOYMENT)['spec']).toEqual(spec);
    expect(valueAt(one.whole(REKOR), 'spec', 'treeID')).toBe(BigInt(FIRST));
  });

  it('leaves alone what an annotation keeps it from', async () => {
    const one = new Operated();
    await one.settle();
    const paused = { 'rhtas.redhat.com/pause-reconciliation': 'true' };
    const { metadata } = one.whole(REKOR);
    one.change(REKOR, { metadata: { ...metadata, annotations: paused }, spec: { treeID: 7 } });
    const before = one.cluster.changes.length;
    await one.pass();
    expect(one.cluster.changes.slice(before)).toEqual([]);
  });
});
