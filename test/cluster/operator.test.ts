import { setTimeout as pause } from 'node:timers/promises';
import { KubeConfig, KubernetesObjectApi, PatchStrategy } from '@kubernetes/client-node';
import type { Connection } from '@temporalio/client';
import { openCluster, type Cluster } from '../../activities/clients/kubernetes/cluster';
import { writeExactJson, type Json, type JsonObject } from '../../activities/clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../activities/clients/kubernetes/objects';
import { objectAt, textAt, without } from '../../activities/installation/kubernetes/json-path';
import { clientsOf, type Clients } from '../../harness/clients';
import { objectsIn } from '../../harness/cluster-objects';
import { ClusterProcess } from '../../harness/cluster-process';
import type { Rotations } from '../../harness/rotations';
import { PATIENCE_MS, until } from '../../harness/waiting';
import type { ClusterApi, Manifest } from '../../lab/kubernetes/api';
import { OPERATOR, STAND_IN } from '../../lab/kubernetes/log/operator/names';
import type { ClusterLog } from '../../lab/kubernetes/record';
import { createRecorder } from '../../load/recorder';
import { refused } from '../activities/refused';
import { expectOutcome } from '../stack/outcome';
import { rotateUnnoticed } from './unnoticed-rotation';
import { policyIn } from './policies';
import { openLog } from './opened-log';
import { scale } from './scaled';

/** So many that a lost or a doubled one shows, and few, because the node has two processors for all of it. */
const WRITES_PER_SECOND = 4;

const { apiVersion, namespace, resource } = OPERATOR;
const SECURESIGN = { apiVersion, kind: 'Securesign', namespace, name: resource } as const;
const REKOR = { ...SECURESIGN, kind: 'Rekor' } as const;
const PAUSED = 'rhtas.redhat.com/pause-reconciliation';

// The operator is a stand-in that does what its sources say; the API server, Rekor, Trillian and the gate are real.
describe("a rotation of a log of Red Hat's operator", () => {
  const lab = new ClusterProcess();
  const recorder = createRecorder();
  let log: ClusterLog;
  let api: ClusterApi;
  let cluster: Cluster;
  let kubeconfig: string;
  let connection: Connection;
  let rotations: Rotations;
  let clients: Clients;

  const within = () => ({ signal: AbortSignal.timeout(PATIENCE_MS) });

  /** Without the status, which says when; and without what the operator makes up for the name of its list. */
  async function objects(): Promise<Readonly<Record<string, JsonObject>>> {
    const found = await objectsIn(kubeconfig, log.namespace, [SECURESIGN, REKOR]);
    return Object.fromEntries(
      Object.entries(found).map(([key, object]) => [
        key.replace(/(rekor-sharding-config)-\w+/, '$1'),
        object,
      ]),
    );
  }

  /** Waits for something that a rotation does; throws what became of it when it has ended without. */
  async function untilSo(
    what: string,
    rotation: Awaited<ReturnType<Rotations['start']>>,
    ask: () => Promise<boolean>,
  ): Promise<void> {
    let isDone = false;
    const ended = rotations.result(rotation).then(({ outcome, reason }) => {
      if (!isDone) throw new Error(`The rotation ended ${outcome} before ${what}: ${reason}`);
    });
    await Promise.race([until(what, PATIENCE_MS, ask), ended]);
    isDone = true;
    // Whoever awaits the result is told what goes wrong from now on.
    ended.catch(() => undefined);
  }

  const untilCopied = (rotation: Awaited<ReturnType<Rotations['start']>>): Promise<void> =>
    untilSo('the copy', rotation, async () => 'Deployment rekor-server-next' in (await objects()));

  async function read(reference: typeof SECURESIGN | typeof REKOR): Promise<KubernetesObject> {
    const found = await cluster.get(reference, within());
    if (found === undefined) throw new Error(`There is no ${reference.kind}.`);
    return found;
  }

  /** Tree and list of a part of a resource, as text: every digit counts. */
  const shardsIn = (part: JsonObject): string =>
    writeExactJson([part['treeID'] ?? null, part['sharding'] ?? null]);

  async function ofSecuresign(): Promise<JsonObject> {
    return objectAt(await read(SECURESIGN), 'spec', 'rekor');
  }

  /** Somebody says whether the operator is to leave the resource alone. */
  async function setPaused(value: 'true' | 'false'): Promise<void> {
    const found = await read(SECURESIGN);
    const annotations = { ...objectAt(found, 'metadata', 'annotations'), [PAUSED]: value };
    const operation = { op: 'add', path: '/metadata/annotations', value: annotations } as const;
    await cluster.patch(SECURESIGN, found.metadata.resourceVersion ?? '', [operation], within());
  }

  /** What the cluster says to somebody who replaces fields of Rekor's part; `passes` where it would do that. */
  async function toldFor(reference: typeof SECURESIGN | typeof REKOR, change: JsonObject): Promise<string> {
    const found = await read(reference);
    const path = reference.kind === 'Rekor' ? ['spec'] : ['spec', 'rekor'];
    const operation = {
      op: 'add',
      path: `/${path.join('/')}`,
      value: { ...without(objectAt(found, ...path), 'treeID', 'sharding'), ...change },
    } as const;
    const { resourceVersion = '' } = found.metadata;
    try {
      await cluster.patch(reference, resourceVersion, [operation], { ...within(), dryRun: true });
      return 'passes';
    } catch (error) {
      return String(error);
    }
  }

  /** A merge patch with a client that shows the cluster's own words. */
  async function merged(object: Manifest): Promise<void> {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    const objectApi = KubernetesObjectApi.makeApiClient(config);
    await objectApi.patch(object, undefined, undefined, 'a-person', undefined, PatchStrategy.MergePatch);
  }

  beforeAll(async () => {
    ({ log, kubeconfig, api, connection, rotations } = await openLog(lab, 'operator'));
    cluster = openCluster({ log: 'a person', source: { kubeconfig }, fieldManager: 'a-person' });
    clients = clientsOf(log.publicUrl, recorder);
    await clients.expectWritable();
  });
  afterAll(async () => {
    await connection.close();
    await lab.end();
  });

  it('is refused while the operator is told to leave its resource alone, and nothing is changed (H32)', async () => {
    await setPaused('true');
    const before = await objects();
    const result = await rotations.rotate();
    expectOutcome(result, 'refused');
    expect(result.refusals.map(({ code }) => code)).toEqual(['OPERATOR_PAUSED']);
    expect(await objects()).toEqual(before);
    await setPaused('false');
  });

  it('fails no request, loses nothing, and leaves the operator with nothing to take back', async () => {
    const before = await objects();
    const result = await rotateUnnoticed({ clients, rotations, firstTree: log.firstTree }, WRITES_PER_SECOND);

    const next = result.nextTree?.treeId ?? '';
    const shards = `[${next},[{"treeID":${log.firstTree}}]]`;
    expect(shardsIn(await ofSecuresign())).toBe(shards);
    const rekor = await read(REKOR);
    expect(shardsIn(objectAt(rekor, 'spec'))).toBe(shards);
    expect(writeExactJson(objectAt(rekor, 'status')['treeID'] ?? null)).toBe(next);
    const after = await objects();
    expect(Object.keys(after).toSorted()).toEqual(Object.keys(before).toSorted());
    const changed = Object.keys(after).filter((key) => asText(after[key]) !== asText(before[key]));
    expect(changed.toSorted()).toEqual([
      ...['ConfigMap rekor-sharding-config', 'Deployment rekor-server'],
      ...['Rekor securesign-sample', 'Securesign securesign-sample'],
    ]);
    for (const address of await api.podAddresses(log.namespace, 'rekor-server')) {
      const served = (await (await fetch(`http://${address}:3000/api/v1/log`)).json()) as {
        readonly treeID: string;
        readonly inactiveShards: readonly { readonly treeID: string }[];
      };
      expect(served.treeID).toBe(next);
      expect(served.inactiveShards.map(({ treeID }) => treeID)).toEqual([log.firstTree]);
    }
  });

  it('is taken back to every field of every object when it is cancelled while pods are made', async () => {
    const before = await objects();
    const rotation = await rotations.start();
    await untilCopied(rotation);
    await rotation.cancel();
    expectOutcome(await rotations.result(rotation), 'rolledBack');
    expect(await objects()).toEqual(before);
    await clients.expectGoesOn();
  });

  it('is safe from what is stale by its policy, which lets the next rotation settle (H10)', async () => {
    const before = await ofSecuresign();
    const { treeID: active } = before;
    if (typeof active !== 'bigint') throw new Error('The Securesign names no tree.');
    const first = BigInt(log.firstTree);
    const other = 7n;
    const listed = (...trees: readonly bigint[]): Json => trees.map((treeID) => ({ treeID }));
    const changes: readonly (readonly [JsonObject, 'denied' | 'passes'])[] = [
      [{ treeID: active }, 'denied'],
      [{ treeID: active, sharding: [] }, 'denied'],
      [{ treeID: active, sharding: listed(other) }, 'denied'],
      [{ treeID: active, sharding: listed(other, first) }, 'denied'],
      [{ treeID: active, sharding: listed(first / 10n) }, 'denied'],
      [{ treeID: active, sharding: listed(first + 1n) }, 'denied'],
      [{ treeID: first, sharding: listed(first) }, 'denied'],
      [{ treeID: other, sharding: listed(first) }, 'denied'],
      [{ treeID: active, sharding: listed(first, active) }, 'denied'],
      [{ sharding: listed(first) }, 'denied'],
      [{ treeID: 0, sharding: listed(first) }, 'denied'],
      [{ treeID: active, sharding: listed(first) }, 'passes'],
      [{ treeID: active, sharding: listed(first), replicas: 3 }, 'passes'],
      [{ treeID: other, sharding: listed(first, active) }, 'passes'],
    ];
    // What is denied then is denied by the policy, and not by the definition.
    for (const [change] of changes) expect(await toldFor(SECURESIGN, change)).toBe('passes');
    await api.apply(policyIn('operator-shards-only-grow', { NAMESPACE: namespace }));
    // The API server takes a policy up some time after it has stored it.
    await until('the policy', PATIENCE_MS, async () => (await toldFor(SECURESIGN, {})) !== 'passes');
    for (const [change, expected] of changes) {
      for (const reference of [SECURESIGN, REKOR]) {
        const answer = (await toldFor(reference, change)) === 'passes' ? 'passes' : 'denied';
        expect([reference.kind, writeExactJson(change), answer]).toEqual([
          ...[reference.kind, writeExactJson(change), expected],
        ]);
      }
    }

    // As it was written before the first rotation, by whoever applies it again.
    const securesign = { apiVersion, kind: 'Securesign', metadata: { namespace, name: resource } };
    const stale = { ...securesign, spec: { rekor: { ...without(before, 'sharding'), treeID: first } } };
    await refused('CLUSTER_INVALID', cluster.apply(stale, { ...within(), force: true }));
    expect(await ofSecuresign()).toEqual(before);
    const seven = Number(other);
    await expect(api.apply([{ ...securesign, spec: { rekor: { treeID: seven } } }])).rejects.toThrow(
      `tree ${active} is active, and may leave treeID only when sharding has it`,
    );
    const itself = { treeID: seven, sharding: [{ treeID: seven }] };
    await expect(api.apply([{ ...securesign, spec: { rekor: itself } }])).rejects.toThrow(
      `tree 7 is an earlier shard of this log and takes no entries; the active tree is ${active}`,
    );
    const emptied = { ...securesign, spec: { rekor: { sharding: [] } } };
    await expect(merged(emptied)).rejects.toThrow(
      `the list of earlier shards is [${first}] and may only grow at its end; this would make it []`,
    );

    const load = clients.load(WRITES_PER_SECOND);
    const result = await rotations.rotate();
    const { failures } = await load.stop();
    expectOutcome(result, 'completed');
    expect(failures).toEqual([]);
    expect(shardsIn(await ofSecuresign())).toBe(
      `[${result.nextTree?.treeId ?? ''},[{"treeID":${log.firstTree}},{"treeID":${active}}]]`,
    );
    await clients.expectNothingLost();
  });

  /** So many operators: none, or one. */
  const setOperators = (count: 0 | 1): Promise<void> =>
    scale(kubeconfig, { namespace, name: STAND_IN }, count);

  it('waits in settle for an operator that is away for a while, and fails no request meanwhile', async () => {
    const load = clients.load(WRITES_PER_SECOND);
    const before = shardsIn(await ofSecuresign());
    const rotation = await rotations.start();
    await untilCopied(rotation);
    await setOperators(0);
    await untilSo('the write', rotation, async () => shardsIn(await ofSecuresign()) !== before);
    // Long enough that a rotation which did not wait would have gone on.
    await pause(8_000);
    expect(shardsIn(objectAt(await read(REKOR), 'spec'))).toBe(before);
    expect(Object.keys(await objects())).toContain('Deployment rekor-server-next');
    await setOperators(1);
    const result = await rotations.result(rotation);
    const { failures } = await load.stop();
    expectOutcome(result, 'completed');
    expect(failures).toEqual([]);
    expect(textAt(await read(SECURESIGN), 'metadata', 'annotations', 'rekor-rotate/attempt')).toBeUndefined();
    expect(Object.keys(await objects()).filter((key) => key.includes('-next'))).toEqual([]);
    await clients.expectNothingLost();
  });
});

function asText(object: JsonObject | undefined): string {
  return writeExactJson(object ?? null);
}
