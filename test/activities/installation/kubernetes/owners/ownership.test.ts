import type { KubernetesObject } from '../../../../../activities/clients/kubernetes/objects';
import { without } from '../../../../../activities/installation/kubernetes/json-path';
import type { ShapeName } from '../../../../../lab/kubernetes/log/shapes';
import { ownerRefusals, sourceOfTruth, type OwnedPart } from '../../../../../workflows/model/ownership';
import { CURRENT, NEXT, objectsOf, replacementOf, signal, StandingOnCluster } from '../standing-log';
import { keys, managed, marked, marks, type Mark } from './marked';

const first = replacementOf('rotation/1');
const LIST = 'sharding-config.yaml';

/** A log in such a shape, with marks on its objects by their names. */
function standing(
  shape: ShapeName,
  marksOf: Readonly<Record<string, Mark>>,
  ownersHeldOff: Readonly<Record<string, string>> = {},
): StandingOnCluster {
  const one = new StandingOnCluster(shape, { ownersHeldOff });
  for (const object of objectsOf(shape)) {
    const mark = marksOf[`${object.kind} ${object.metadata.name}`];
    if (mark) one.cluster.put(marked(object, mark));
  }
  return one;
}

async function planned(one: StandingOnCluster) {
  const { ownership } = await one.installation.plan(
    { current: first.current, next: first.next },
    [CURRENT],
    signal,
  );
  if (!ownership) throw new Error('Nothing is said of owners.');
  return ownership;
}

/** What is known once the rotation has settled. */
async function settled(one: StandingOnCluster) {
  const found = await one.installation.plan({ current: first.current, next: first.next }, [CURRENT], signal);
  await one.installation.stage(first, found, { signal });
  await one.installation.settle(first, { signal });
  return await truth(one);
}

async function truth(one: StandingOnCluster) {
  const ownership = await one.installation.ownership(signal);
  if (!ownership) throw new Error('Nothing is said of owners.');
  return sourceOfTruth(ownership);
}

const committed = (parts: readonly OwnedPart[]) =>
  parts.flatMap(({ commit }) => commit.map(({ where, value }) => `${where} = ${value}`));

const release = (...names: readonly string[]): Mark => ({
  ...marks.helm3,
  managedFields: [managed('helm', 'Update', keys(...names))],
});

const chartOfHelm = {
  'ConfigMap rekor-sharding-config': release(LIST),
  'ConfigMap rekor-config': release('__placeholder', 'treeID'),
  'Deployment rekor-server': marks.helm3,
};

describe("what is said of the owners of a log's objects", () => {
  it("has the values of Sigstore's chart as it takes them: both as texts, the list in one line", async () => {
    const one = standing('helm-chart', chartOfHelm);
    const { parts } = await planned(one);
    expect(parts.map(({ object, holds }) => `${object}: ${holds}`)).toEqual([
      'ConfigMap rekor-system/rekor-sharding-config: list',
      'ConfigMap rekor-system/rekor-config: tree',
      'Deployment rekor-system/rekor-server: pods',
    ]);
    expect(committed(parts)).toEqual([
      `server.sharding.contents in the values of chart rekor = '[{"treeID":${CURRENT}}]'`,
      "server.config.treeID in the values of chart rekor = '<next tree>'",
    ]);
    const { state, parts: left } = await settled(one);
    expect([state, ...committed(left)]).toEqual([
      'pending',
      `server.sharding.contents in the values of chart rekor = '[{"treeID":${CURRENT}}]'`,
      `server.config.treeID in the values of chart rekor = '${NEXT}'`,
    ]);
  });

  it("has the keys and contents of objects where it is no chart of Sigstore's", async () => {
    const { parts } = await planned(standing('upstream', {}));
    expect(parts.map(({ owners }) => owners)).toEqual([[], []]);
    expect(committed(parts)).toEqual([
      `data["${LIST}"] of ConfigMap rekor-system/sharding-config = - treeID: ${CURRENT}\n`,
      'args of container rekor-server in Deployment rekor-system/rekor-server = --trillian_log_server.tlog_id=<next tree>',
    ]);
    const another = { labels: { 'helm.sh/chart': 'rekorish-2' } };
    const own = standing('helm-chart', { 'ConfigMap rekor-config': another });
    expect(committed((await planned(own)).parts)[1]).toBe(
      'data["treeID"] of ConfigMap rekor-system/rekor-config = <next tree>',
    );
  });

  it('never has a list whose shards may name a secret, but how it is read (H28)', async () => {
    const one = standing('upstream', {});
    const list = '- treeID: 9\n  signingConfig: {fileSignerPassword: hunter2}\n';
    const object = objectsOf('upstream').find(({ metadata }) => metadata.name === 'sharding-config');
    one.cluster.put({ ...(object as KubernetesObject), data: { [LIST]: list } });
    const ownership = await planned(one);
    expect(JSON.stringify(ownership)).not.toContain('hunter2');
    expect(ownership.parts[0]?.commit).toEqual([
      {
        where: `data["${LIST}"] of ConfigMap rekor-system/sharding-config`,
        value: null,
        from: String.raw`kubectl -n rekor-system get configmap sharding-config -o 'jsonpath={.data.sharding-config\.yaml}'`,
      },
    ]);
  });

  it('keeps each digit of an id, and what each shard has besides', async () => {
    const one = standing('helm-chart', chartOfHelm);
    const object = objectsOf('helm-chart').find(({ metadata }) => metadata.name === 'rekor-sharding-config');
    const list =
      '# of 2026\n- treeID: 6826284441047790131\n  treeLength: 12\n  signingConfig: {signingSchemeOrKeyPath: }\n';
    one.cluster.put(marked({ ...(object as KubernetesObject), data: { [LIST]: list } }, marks.helm3));
    expect(committed((await planned(one)).parts)[0]).toContain(
      `'[{"treeID":6826284441047790131,"treeLength":12,"signingConfig":{"signingSchemeOrKeyPath":null}},{"treeID":${CURRENT}}]'`,
    );
  });

  it("says what Helm's next run does: silent on the client's side, a conflict on the server's", async () => {
    const runOf = async (mark: Mark) =>
      (await planned(standing('helm-chart', { 'ConfigMap rekor-sharding-config': mark }))).parts[0]?.owners[0]
        ?.nextRun;
    expect(await runOf(marks.helm3)).toBe(
      '`helm upgrade` with the former values writes the former list again without a word.',
    );
    expect(await runOf(marks.helm4)).toMatch(/fails with a conflict, .* with --force-conflicts it writes/);
    expect(await runOf(marks.helmOfUnknownVersion)).toMatch(/^With Helm 3, .* With Helm 4, /);
  });

  it('says that `kubectl apply` keeps a tree that its file does not name, and resets one that it does', async () => {
    const runOf = async (data: object) => {
      const file = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', data });
      const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': file };
      // Without the chart's labels, which would tell of the chart.
      const one = new StandingOnCluster('helm-chart');
      const object = objectsOf('helm-chart').find(({ metadata }) => metadata.name === 'rekor-config');
      const metadata = without(object?.metadata ?? {}, 'labels') as KubernetesObject['metadata'];
      one.cluster.put(marked({ ...(object as KubernetesObject), metadata }, { annotations }));
      return (await planned(one)).parts[1]?.owners[0]?.nextRun;
    };
    expect(await runOf({ __placeholder: 'keep' })).toMatch(/^`kubectl apply` keeps/);
    expect(await runOf({ treeID: CURRENT })).toMatch(/writes the former tree again/);
  });
});

describe('an owner that would take a rotation back by itself', () => {
  const NAME = 'Flux Kustomization flux-system/rekor';
  const both = {
    'ConfigMap sharding-config': marks.fluxKustomize,
    'Deployment rekor-server': marks.fluxKustomize,
  };
  const codes = async (one: StandingOnCluster) =>
    ownerRefusals('production', await planned(one)).map(({ code }) => code);

  it.each<[keyof typeof marks, string]>([
    ['argoByAnnotation', 'Argo CD application rekor'],
    ['fluxKustomize', NAME],
    ['fluxHelm', 'Flux HelmRelease flux-system/rekor'],
    ['operator', 'Log rekor of logs.example.com'],
  ])('is refused, and not where the configuration names it to the letter: %s', async (which, name) => {
    const on = { 'ConfigMap sharding-config': marks[which] };
    const ownership = await planned(standing('upstream', on));
    const [refusal, ...others] = ownerRefusals('production', ownership);
    expect(others).toEqual([]);
    expect(refusal).toMatchObject({ code: 'OWNER_TAKES_BACK' });
    expect(refusal?.message).toContain(`${name} would take a rotation of production back by itself`);
    expect(refusal?.message).toContain('ConfigMap rekor-system/sharding-config');
    expect(refusal?.remedy).toContain(`"${name}: HOW"`);

    expect(await codes(standing('upstream', on, { [name]: 'suspended' }))).toEqual([]);
    expect(await codes(standing('upstream', on, { [`${name}s`]: 'suspended' }))).toEqual([
      ...['OWNER_TAKES_BACK', 'OWNER_HELD_OFF_IN_VAIN'],
    ]);
  });

  it('is refused once for all of its objects, and also where a mark holds it off from one of them only', async () => {
    expect(await codes(standing('upstream', both))).toEqual(['OWNER_TAKES_BACK']);
    const off = { annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' } };
    const held = { ...marks.fluxKustomize, ...off };
    for (const name of Object.keys(both)) {
      expect(await codes(standing('upstream', { ...both, [name]: held }))).toEqual(['OWNER_TAKES_BACK']);
    }
    const all = { 'ConfigMap sharding-config': held, 'Deployment rekor-server': held };
    expect(await codes(standing('upstream', all))).toEqual([]);
    // What the marks say already need not be said.
    expect(await codes(standing('upstream', all, { [NAME]: 'suspended' }))).toEqual([
      'OWNER_HELD_OFF_IN_VAIN',
    ]);
  });

  it('is not refused for a Deployment in which nothing of the configuration stands, but for an operator', async () => {
    const on = (mark: Mark) => standing('helm-chart', { 'Deployment rekor-server': mark });
    expect(await codes(on(marks.fluxKustomize))).toEqual([]);
    expect(await codes(on(marks.operator))).toEqual(['OWNER_TAKES_BACK']);
  });

  it('is not said to be held off where it only runs when a person tells it to', async () => {
    const one = standing('helm-chart', chartOfHelm, { 'Helm release rekor of sigstore': 'nobody upgrades' });
    const [refusal] = ownerRefusals('production', await planned(one));
    expect(refusal).toMatchObject({ code: 'OWNER_HELD_OFF_IN_VAIN' });
    expect(refusal?.message).toContain('"Helm release rekor of sigstore"');
    expect(refusal?.message).toMatch(/the objects tell of Helm release rekor of sigstore\.$/);
  });
});

describe('whether the source has what the cluster has', () => {
  const states = ({ parts }: { readonly parts: readonly OwnedPart[] }) => parts.map(({ source }) => source);

  it('is known to agree where its owner was the last to give each value, also when that is rekor-rotate too', async () => {
    const one = standing('helm-chart', chartOfHelm);
    expect(states(await planned(one))).toEqual(['agrees', 'agrees', 'unknown']);
    expect(await truth(one)).toEqual({ state: 'agreed', parts: [] });
    // The API server takes a field from whoever had it when another gives it another value.
    const ours = (name: string): Mark => ({
      ...marks.helm3,
      managedFields: [
        managed('helm', 'Update', keys('__placeholder')),
        managed('rekor-rotate', 'Update', keys(name)),
      ],
    });
    const after = standing('helm-chart', {
      'ConfigMap rekor-sharding-config': ours(LIST),
      'ConfigMap rekor-config': ours('treeID'),
    });
    expect((await truth(after)).state).toBe('pending');
    const shared = (name: string): Mark => ({
      ...marks.helm4,
      managedFields: [managed('rekor-rotate', 'Update', keys(name)), managed('helm', 'Apply', keys(name))],
    });
    const again = standing('helm-chart', {
      'ConfigMap rekor-sharding-config': shared(LIST),
      'ConfigMap rekor-config': shared('treeID'),
    });
    expect((await truth(again)).state).toBe('agreed');
  });

  it('is read of the file that kubectl applied last: pending after a rotation, agreed when that is applied anew', async () => {
    const deployment = objectsOf('upstream').find(({ kind }) => kind === 'Deployment') as KubernetesObject;
    const file = (object: unknown): Mark => ({
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(object) },
    });
    const list = (text: string): Mark => file({ data: { [LIST]: text } });
    const one = standing('upstream', {
      'ConfigMap sharding-config': list(''),
      'Deployment rekor-server': file(deployment),
    });
    expect(states(await planned(one))).toEqual(['agrees', 'agrees']);
    const after = await settled(one);
    expect(after.state).toBe('pending');
    expect(states(after)).toEqual(['differs', 'differs']);

    const now = (name: string) => one.cluster.objects[name] as KubernetesObject;
    one.cluster.put(marked(now('ConfigMap sharding-config'), list(`- treeID: ${CURRENT}\n`)));
    expect(states(await truth(one))).toEqual(['differs']);
    const rotated = JSON.parse(JSON.stringify(deployment).replace(CURRENT, NEXT)) as unknown;
    one.cluster.put(marked(now('Deployment rekor-server'), file(rotated)));
    expect(await truth(one)).toEqual({ state: 'agreed', parts: [] });
  });

  it('is not taken from what kubectl noted once, where another tool applies it now', async () => {
    const annotations = { ...marks.helm3.annotations, ...marks.applied.annotations };
    const one = standing('upstream', {
      'ConfigMap sharding-config': { ...marks.helm3, annotations, managedFields: [] },
    });
    expect(states(await planned(one))[0]).toBe('unknown');
  });
});

describe("a log of Red Hat's operator", () => {
  it('is refused for nobody: the operator follows the resource that a rotation changes', async () => {
    const one = new StandingOnCluster('operator');
    const ownership = await planned(one);
    expect(ownerRefusals('production', ownership)).toEqual([]);
    const { kind, metadata } = one.operator.owner;
    const resource = `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
    expect(ownership.parts.map(({ object, holds }) => [object, holds])).toEqual([
      [resource, 'list'],
      [resource, 'tree'],
    ]);
    expect(committed(ownership.parts)).toEqual([
      `${resource} (spec.rekor.sharding) = - treeID: ${CURRENT}\n`,
      `${resource} (spec.rekor.treeID) = <next tree>`,
    ]);
  });

  it('has who applies that resource for its owner, who may take the rotation back', async () => {
    const one = new StandingOnCluster('operator');
    one.cluster.put(marked(one.operator.owner, marks.fluxKustomize));
    const [refusal, ...others] = ownerRefusals('production', await planned(one));
    expect(refusal).toMatchObject({ code: 'OWNER_TAKES_BACK' });
    expect(refusal?.message).toContain('writes the former list and tree again by force');
    expect(others).toEqual([]);
  });

  it('is told what Helm does to a custom resource, which is not what it does to a ConfigMap', async () => {
    const one = new StandingOnCluster('operator');
    one.cluster.put(marked(one.operator.owner, marks.helm3));
    const [owner] = (await planned(one)).parts[0]?.owners ?? [];
    expect(owner?.nextRun).toContain('Helm 3 keeps what is in the resource');
  });
});
