import { ownersOf } from '../../../../../activities/installation/kubernetes/owners/detect';
import type { KubernetesObject } from '../../../../../activities/clients/kubernetes/objects';
import { marked, marks, type Mark } from './marked';

const list: KubernetesObject = {
  ...{ apiVersion: 'v1', kind: 'ConfigMap' },
  metadata: { namespace: 'rekor-system', name: 'sharding-config' },
  data: { 'sharding-config.yaml': '' },
};

const found = (mark: Mark) => ownersOf(marked(list, mark));

describe('who writes an object', () => {
  it.each<[keyof typeof marks, string, object]>([
    ['helm3', 'Helm release rekor of sigstore', { kind: 'helm', serverSide: false }],
    ['helm4', 'Helm release rekor of sigstore', { kind: 'helm', serverSide: true }],
    ['helmOfUnknownVersion', 'Helm release rekor of sigstore', { kind: 'helm', serverSide: undefined }],
    ['argoByAnnotation', 'Argo CD application rekor', { kind: 'argo-cd' }],
    ['argoByLabel', 'Argo CD application rekor', { kind: 'argo-cd' }],
    ['argoByOwnLabel', 'Argo CD application rekor', { kind: 'argo-cd' }],
    ['fluxKustomize', 'Flux Kustomization flux-system/rekor', { kind: 'flux-kustomize' }],
    ['fluxHelm', 'Flux HelmRelease flux-system/rekor', { kind: 'flux-helm' }],
    ['operator', 'Log rekor of logs.example.com', { kind: 'controller' }],
    ['template', 'whoever applies chart rekor-1.8.4, rendered as release rekor', { kind: 'chart' }],
    ['applied', 'a file that kubectl applies', { kind: 'file', serverSide: false }],
    ['appliedOnServer', "a file that kubectl applies on the server's side", { serverSide: true }],
    ['appliedByPipeline', "a file that is applied as pipeline on the server's side", { serverSide: true }],
    ['edited', 'a person with kubectl-edit', { kind: 'hand' }],
  ])('is read of the marks of %s', (which, name, rest) => {
    expect(found(marks[which])).toEqual([expect.objectContaining({ name, ...rest })]);
  });

  it('is nobody where only rekor-rotate or nobody at all has left a mark', () => {
    expect([found(marks.ours), found(marks.appliedByUs), found(marks.none)]).toEqual([[], [], []]);
  });

  it('tells who writes by themselves from those that a person runs', () => {
    const byThemselves = Object.entries(marks).flatMap(([which, mark]) =>
      found(mark).some(({ pause }) => pause !== undefined) ? [which] : [],
    );
    expect(byThemselves).toEqual([
      ...['argoByAnnotation', 'argoByLabel', 'argoByOwnLabel', 'fluxKustomize', 'fluxHelm', 'operator'],
    ]);
    expect(found(marks.fluxKustomize)[0]?.pause).toBe(
      'flux suspend kustomization rekor --namespace flux-system.',
    );
  });

  it('is not an Argo CD application whose annotation names another object, from which it was copied', () => {
    for (const id of [
      'rekor:/ConfigMap:rekor-system/another',
      'rekor:apps/Deployment:rekor-system/sharding-config',
    ]) {
      expect(found({ annotations: { 'argocd.argoproj.io/tracking-id': id } })).toEqual([]);
    }
  });

  it("is not Argo CD for a mark that holds off an Application, and no object's", () => {
    const annotations = {
      ...marks.argoByAnnotation.annotations,
      'argocd.argoproj.io/skip-reconcile': 'true',
    };
    expect(found({ annotations })[0]?.heldOff).toBeUndefined();
  });

  it.each<[string, Mark]>([
    ['an annotation', { annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' } }],
    ['a label', { labels: { 'kustomize.toolkit.fluxcd.io/reconcile': 'Disabled' } }],
    ['what it calls ssa', { annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'Ignore' } }],
  ])('says that Flux is held off from an object by %s', (_, mark) => {
    const held = marked(marked(list, marks.fluxKustomize), mark);
    expect(ownersOf(held)[0]?.heldOff).toMatch(/^kustomize\.toolkit\.fluxcd\.io\/.* on the object$/);
  });

  it('does not take for held off what Flux merges, or would look for in its repository', () => {
    for (const value of ['Merge', 'IfNotPresent']) {
      const mark = { annotations: { 'kustomize.toolkit.fluxcd.io/ssa': value } };
      expect(ownersOf(marked(marked(list, marks.fluxKustomize), mark))[0]?.heldOff).toBeUndefined();
    }
  });

  it('is no owner that makes nothing, but only has the object go with it', () => {
    const [operator] = marks.operator.ownerReferences;
    expect(found({ ownerReferences: [{ ...operator, controller: false }] })).toEqual([]);
  });

  it('is each of several', () => {
    const both = marked(marked(list, marks.helm3), { annotations: marks.argoByAnnotation.annotations });
    expect(ownersOf(both).map(({ kind }) => kind)).toEqual(['argo-cd', 'helm']);
  });

  it('never says a mark that can be no name (H28)', () => {
    const annotations = { 'meta.helm.sh/release-name': 'hunter 2: a secret' };
    expect(found({ annotations })[0]?.name).toBe('Helm release (without a name) of (without a name)');
  });
});
