import { isDeepStrictEqual } from 'node:util';
import type { Json, JsonObject } from '../../../../activities/clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../../../activities/clients/kubernetes/objects';
import {
  numberAt,
  objectAt,
  textAt,
  valueAt,
} from '../../../../activities/installation/kubernetes/json-path';
import { deploymentOf, listObject, listOf, rekorOf } from '../../../../lab/kubernetes/log/operator/generated';
import type { ObjectsInMemory } from '../../../../simulation/world/kubernetes/objects-in-memory';

const SECURESIGN = 'Securesign securesign-sample';
const REKOR = 'Rekor securesign-sample';
const DEPLOYMENT = 'Deployment rekor-server';

/** An operator that is always as quick as it can be, unless it is told to stand still. Without a Rekor it does nothing. */
export class FakeOperator {
  follows = true;
  #lists = 0;

  constructor(private readonly cluster: ObjectsInMemory) {}

  /** The resource that a person writes: the Securesign, or the Rekor where that has none. */
  get owner(): KubernetesObject {
    return this.#object(SECURESIGN) ?? this.rekor;
  }

  get rekor(): KubernetesObject {
    const rekor = this.#object(REKOR);
    if (!rekor) throw new Error('There is no Rekor.');
    return rekor;
  }

  /** Somebody changes fields of Rekor's part of the resource. */
  change(fields: JsonObject): void {
    const { owner } = this;
    const part = owner.kind === 'Rekor' ? objectAt(owner, 'spec') : objectAt(owner, 'spec', 'rekor');
    const changed = { ...part, ...fields };
    this.cluster.put({ ...owner, spec: owner.kind === 'Rekor' ? changed : { rekor: changed } });
    this.cluster.afterChange();
  }

  /** Brings what it generates to what the resource says. */
  follow(): void {
    if (!this.follows || !this.#object(REKOR)) return;
    const securesign = this.#object(SECURESIGN);
    if (securesign) {
      const spec = rekorOf(securesign)['spec'] as Json;
      if (!isDeepStrictEqual(this.rekor['spec'], spec)) this.cluster.put({ ...this.rekor, spec });
    }
    const { rekor } = this;
    let list = textAt(rekor, 'status', 'serverConfigRef', 'name') ?? '';
    if (!isDeepStrictEqual(valueAt(this.#object(`ConfigMap ${list}`), 'data'), listOf(rekor))) {
      this.cluster.remove({ apiVersion: 'v1', kind: 'ConfigMap', name: list });
      this.#lists += 1;
      list = `rekor-sharding-config-${this.#lists}`;
      this.cluster.put(listObject(rekor, list));
    }
    const treeID = valueAt(rekor, 'spec', 'treeID') ?? valueAt(rekor, 'status', 'treeID') ?? 0;
    this.setStatus({ treeID, serverConfigRef: { name: list } });
    this.cluster.put(deploymentOf(rekor, list, treeID));
  }

  /** Says that it is done with what the resource says now. */
  report(): void {
    if (!this.follows || !this.#object(REKOR)) return;
    const observedGeneration = numberAt(this.rekor, 'metadata', 'generation') ?? 0;
    this.setStatus({ conditions: [{ type: 'Ready', status: 'True', reason: 'Ready', observedGeneration }] });
  }

  setStatus(fields: JsonObject): void {
    this.cluster.report(REKOR, { ...objectAt(this.rekor, 'status'), ...fields });
  }

  get deployment(): KubernetesObject {
    return this.#object(DEPLOYMENT) as KubernetesObject;
  }

  #object(key: string): KubernetesObject | undefined {
    return this.cluster.peek(key);
  }
}
