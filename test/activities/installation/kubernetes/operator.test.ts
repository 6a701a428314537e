import { parse } from 'yaml';
import {
  writeExactJson,
  type Json,
  type JsonObject,
} from '../../../../activities/clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../../../activities/clients/kubernetes/objects';
import { refuse } from '../../../../activities/errors/refusal-error';
import { objectAt, without } from '../../../../activities/installation/kubernetes/json-path';
import { settleResource } from '../../../../activities/installation/kubernetes/operator/settling';
import { readStanding } from '../../../../activities/installation/kubernetes/standing';
import type { PlannedChanges } from '../../../../workflows/model/installation';
import { refusalOf, refused } from '../../refused';
import { CURRENT, NEXT, replacementOf, signal, StandingOnCluster } from './standing-log';

const first = replacementOf('rotation/1');
const { current: standing, next: copy } = first;
const FIRST = '6826284441047790130';

/** Rekor's part of what a person writes, as text, so that every digit of it is compared. */
function written({ operator }: StandingOnCluster): string {
  const { owner } = operator;
  const part = owner.kind === 'Rekor' ? objectAt(owner, 'spec') : objectAt(owner, 'spec', 'rekor');
  return writeExactJson([part['treeID'] ?? null, part['sharding'] ?? null]);
}

async function plan(one: StandingOnCluster): Promise<PlannedChanges> {
  return await one.installation.plan({ current: standing, next: copy }, [CURRENT], signal);
}

/** A log whose Rekor no Securesign makes. */
function withoutSecuresign(): StandingOnCluster {
  const one = new StandingOnCluster('operator');
  const { owner, rekor } = one.operator;
  one.cluster.remove({ apiVersion: owner.apiVersion, kind: owner.kind, name: owner.metadata.name });
  one.cluster.put({
    ...rekor,
    metadata: without(rekor.metadata, 'ownerReferences') as typeof rekor.metadata,
  });
  return one;
}

const annotated = (object: KubernetesObject, name: string, value: string): KubernetesObject => ({
  ...object,
  metadata: { ...object.metadata, annotations: { [name]: value } },
});

describe("a log of Red Hat's operator", () => {
  it.each([
    ['the Securesign, where one makes its Rekor', () => new StandingOnCluster('operator'), 'Securesign'],
    ['the Rekor, where none does', withoutSecuresign, 'Rekor'],
  ])('is rotated by one write of %s, and of nothing that the operator generates', async (_, made, kind) => {
    const one = made();
    await one.installation.stage(first, await plan(one), { signal });
    const before = one.cluster.changes.length;
    await one.installation.settle(first, { signal });
    expect(one.cluster.changes.slice(before)).toEqual([`patch ${kind} securesign-sample`]);
    expect(written(one)).toBe(`[${NEXT},[{"treeID":${CURRENT}}]]`);
    expect(await one.installation.unfinishedOn(standing, signal)).toBe('rotation/1');
    await one.installation.forget(first, { signal });
    expect(await one.installation.unfinishedOn(standing, signal)).toBeNull();
    const changes = one.cluster.changes.slice(before);
    expect(changes.filter((change) => !change.includes('-next'))).toEqual([
      ...[`patch ${kind} securesign-sample`, `patch ${kind} securesign-sample`],
    ]);
  });

  it('keeps what is listed, digit by digit and with every field, and adds the tree that ended at the end', async () => {
    const one = new StandingOnCluster('operator');
    const shard = { treeID: BigInt(FIRST), treeLength: 7, encodedPublicKey: 'bm8ga2V5' };
    one.operator.change({ sharding: [shard] });
    const replacement = { ...first, inactive: [{ treeId: FIRST, length: 7 }] };
    await one.installation.stage(replacement, await plan(one), { signal });
    expect(await one.installation.configured(copy, signal)).toEqual({
      activeTreeId: NEXT,
      inactiveTreeIds: [FIRST, CURRENT],
    });
    await one.installation.settle(replacement, { signal });
    const kept = `{"treeID":${FIRST},"treeLength":7,"encodedPublicKey":"bm8ga2V5"}`;
    expect(written(one)).toBe(`[${NEXT},[${kept},{"treeID":${CURRENT}}]]`);
  });

  it('has the tree of the status where its resource names none, and names it from then on', async () => {
    const one = new StandingOnCluster('operator');
    const { owner } = one.operator;
    const rekor = without(objectAt(owner, 'spec', 'rekor'), 'treeID');
    one.cluster.put({ ...owner, spec: { rekor } });
    one.cluster.afterChange();
    expect(written(one)).toBe('[null,null]');
    expect(await one.installation.configured(standing, signal)).toEqual({
      activeTreeId: CURRENT,
      inactiveTreeIds: [],
    });
    await one.installation.stage(first, await plan(one), { signal });
    await one.installation.settle(first, { signal });
    expect(written(one)).toBe(`[${NEXT},[{"treeID":${CURRENT}}]]`);
  });

  it('is refused while an annotation keeps the operator from any of its objects (H32)', async () => {
    for (const which of ['owner', 'rekor', 'deployment'] as const) {
      const one = new StandingOnCluster('operator');
      const staged = await plan(one);
      const paused = 'rhtas.redhat.com/pause-reconciliation';
      one.cluster.put(annotated(one.operator[which], paused, 'true'));
      const { kind, metadata } = one.operator[which];
      expect(await refused('OPERATOR_PAUSED', plan(one))).toContain(
        `leaves ${kind} rekor-system/${metadata.name} alone`,
      );
      await refused('OPERATOR_PAUSED', one.installation.stage(first, staged, { signal }));
      expect(one.cluster.changes).toEqual([]);
      one.cluster.put(annotated(one.operator[which], paused, 'false'));
      await one.installation.stage(first, staged, { signal });
      one.cluster.put(annotated(one.operator[which], paused, 'true'));
      await refused('OPERATOR_PAUSED', one.installation.requireStaged(first, signal));
      await refused('OPERATOR_PAUSED', one.installation.settle(first, { signal }));
    }
  });

  const condition = (type: string, status: string, reason: string, observedGeneration = 1): JsonObject => ({
    ...{ type, status, reason, observedGeneration, message: 'hunter2' },
  });

  it.each<[string, (one: StandingOnCluster) => void, string]>([
    [
      'has not copied the Securesign',
      ({ operator }) => {
        operator.follows = false;
        operator.change({ sharding: [{ treeID: 5 }] });
      },
      'Rekor rekor-system/securesign-sample does not have its shards',
    ],
    [
      'works with another tree',
      ({ operator }) => operator.setStatus({ treeID: 77 }),
      'status.treeID of Rekor rekor-system/securesign-sample is 77',
    ],
    [
      'is not ready',
      ({ operator }) =>
        operator.setStatus({
          conditions: [
            condition('ServerAvailable', 'False', 'Creating'),
            condition('TrustMaterialAvailable', 'False', 'Drifted'),
            condition('Ready', 'False', 'Creating because of hunter2'),
          ],
        }),
      'ServerAvailable is not True (Creating), TrustMaterialAvailable is not True (Drifted), Ready is not True (no word)',
    ],
    [
      'was ready for what the resource said before',
      ({ operator }) => operator.setStatus({ conditions: [condition('Ready', 'True', 'Ready', 0)] }),
      'its condition Ready is of generation 0, not 1',
    ],
    [
      'says nothing of being ready',
      ({ operator }) => operator.setStatus({ conditions: [] }),
      'it has no condition Ready',
    ],
    [
      'has left a Deployment with another tree',
      ({ cluster, operator }) => {
        const text = JSON.stringify(operator.deployment).replace(CURRENT, '77');
        cluster.put(JSON.parse(text) as KubernetesObject);
      },
      'Deployment rekor-system/rekor-server has another active tree',
    ],
    [
      'has left a Deployment with another list',
      ({ operator }) => operator.setStatus({ serverConfigRef: { name: 'rekor-sharding-config-9' } }),
      'mounts another list than status.serverConfigRef',
    ],
  ])('is refused when the operator %s (H32)', async (_, change, reason) => {
    const one = new StandingOnCluster('operator');
    change(one);
    const message = await refused('OPERATOR_NOT_FOLLOWING', plan(one));
    expect(message).toContain(reason);
    expect(message).not.toContain('hunter2');
    expect(one.cluster.changes).toEqual([]);
  });

  it('is refused with a list that the operator has no field for (H32)', async () => {
    for (const [shard, reason] of [
      [
        { treeID: 5, signingConfig: { fileSignerPassword: 'hunter2' } },
        'entry 1 of its list spec.rekor.sharding has signingConfig',
      ],
      [{ treeID: 5, grpcEndpoint: {} }, 'has grpcEndpoint'],
      [{ treeID: 5, hunter2: 1 }, 'has another field'],
      [{ treeID: '5' }, 'has no treeID'],
    ] as const) {
      const one = new StandingOnCluster('operator');
      one.operator.change({ sharding: [shard] });
      const message = await refused('OPERATOR_CANNOT', plan(one));
      expect(message).toContain(reason);
      expect(message).not.toContain('hunter2');
      expect(one.cluster.changes).toEqual([]);
    }
  });

  it('is refused where the operator is older than its resource rhtas.redhat.com/v1', async () => {
    const one = new StandingOnCluster('operator');
    const get = one.cluster.get.bind(one.cluster);
    one.cluster.get = (object) =>
      object.kind === 'Rekor'
        ? Promise.reject(refuse('CLUSTER_KIND_UNKNOWN', { log: 'production', ...object }))
        : get(object);
    expect(await refused('OPERATOR_CANNOT', plan(one))).toContain('which the operator has from 1.5 on');
  });

  it('fails, and says in what, when the operator does not do what its resource says by then', async () => {
    const one = new StandingOnCluster('operator');
    await one.installation.stage(first, await plan(one), { signal });
    one.operator.follows = false;
    const place = {
      log: 'production',
      namespace: 'rekor-system',
      deployment: standing.id,
      service: standing.id,
    };
    const settle = async (): Promise<void> => {
      const found = await readStanding(one.cluster, place, { signal });
      if (!found.resource) throw new Error('There is no resource.');
      const times = { withinMs: 1_000, ends: performance.now() };
      await settleResource(one.cluster, place, first, { ...found, resource: found.resource }, times, {
        signal,
      });
    };
    expect(await refused('OPERATOR_NOT_FOLLOWING', settle())).toContain(
      'what Securesign rekor-system/securesign-sample says: after 1 s Rekor rekor-system/securesign-sample does not have its shards',
    );
    // What was written is neither taken back nor written twice; it is gone on with.
    const before = one.cluster.changes.length;
    await refused('OPERATOR_NOT_FOLLOWING', settle());
    one.operator.follows = true;
    one.cluster.afterChange();
    await settle();
    expect(one.cluster.changes.length).toBe(before);
  });

  it('goes on with no settling that somebody has changed meanwhile', async () => {
    const one = new StandingOnCluster('operator');
    await one.installation.stage(first, await plan(one), { signal });
    await one.installation.settle(first, { signal });
    one.operator.change({ sharding: [] });
    await refused('CHANGED_BY_SOMEONE', one.installation.settle(first, { signal }));
    one.operator.change({ sharding: [{ treeID: BigInt(CURRENT) }], treeID: BigInt(CURRENT) });
    await refused('CHANGED_BY_SOMEONE', one.installation.settle(first, { signal }));
  });

  it('needs no right on what the operator generates but to read the Deployment', async () => {
    const one = new StandingOnCluster('operator');
    one.cluster.allows = () => Promise.resolve(false);
    const { remedy } = await refusalOf(plan(one));
    const rules = parse(remedy.slice(remedy.indexOf('\n'))) as readonly Record<string, Json>[];
    const rule = (apiGroups: string, resources: string, name: string, verbs: readonly string[]) => ({
      ...{ apiGroups: [apiGroups], resources: [resources], resourceNames: [name], verbs },
    });
    expect(rules).toContainEqual(rule('apps', 'deployments', 'rekor-server', ['get']));
    expect(rules).toContainEqual(
      rule('rhtas.redhat.com', 'securesigns', 'securesign-sample', ['get', 'patch']),
    );
    expect(rules).toContainEqual(rule('rhtas.redhat.com', 'rekors', 'securesign-sample', ['get']));
    expect(remedy).not.toContain('rekor-sharding-config');
  });
});
