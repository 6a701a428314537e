import type { FoundOwner } from './detect';

/** What a rotation changes in an object. */
export type Held = 'list' | 'treeInKey' | 'treeInContainer' | 'resource' | 'pods' | 'selector';

/** What the file has that was applied last: undefined where nothing tells. */
export type InFile = 'named' | 'notNamed' | undefined;

/**
 * What an owner's next run with the former values does to a rotation. Each was tried with Helm 3.22 and 4.3 and with kubectl; for
 * Argo CD and Flux, of which only the requests were, it is as their own documents and sources have it.
 */
export function nextRun(owner: FoundOwner, held: Held, inFile?: InFile): string {
  if (held === 'pods' && owner.kind !== 'controller') return PODS;
  const what = FORMER[held];
  switch (owner.kind) {
    case 'controller':
      return 'It writes again what it makes, whenever it looks.';
    case 'flux-helm':
      return `With each upgrade it writes ${what} again by force; with drift detection at its next interval.`;
    case 'flux-kustomize':
      return `At its next interval it writes ${what} again by force.`;
    case 'argo-cd':
      return `A sync writes ${what} again: seconds after the change where it heals itself, else with the next commit or by hand. ${unnamedKey(held, 'Git')}`.trim();
    case 'helm':
      return helmRun(owner, held, what);
    case 'chart':
      return `Applying it with the former values writes ${what} again. Whether something does so by itself, such as Argo CD that tracks by labels alone, nothing here tells. ${unnamedKey(held, 'it')}`.trim();
    case 'file':
      return fileRun(owner, what, inFile);
    case 'hand':
      return `Applying, or replacing it by, the file that it was made from writes ${what} again.`;
  }
}

const FORMER = {
  list: 'the former list',
  treeInKey: 'the former tree',
  treeInContainer: 'the former tree',
  resource: 'the former list and tree',
  pods: 'the former pods',
  selector: 'the selector of before, which leads to the ended tree until a rotation has ended,',
} satisfies Record<Held, string>;

const PODS = 'It may start the pods anew; they read the list and the tree as those are then.';

/** A key that its source does not name is left alone by all that merge. */
function unnamedKey(held: Held, source: string): string {
  return held === 'treeInKey' ? `A key that is not named in ${source} is kept, but for a replace.` : '';
}

function helmRun({ serverSide }: FoundOwner, held: Held, what: string): string {
  const clientSide = `\`helm upgrade\` with the former values writes ${what} again without a word.`;
  const inKey =
    held === 'treeInKey'
      ? ' Where they never named a tree it is kept; where they named one before and do no longer, the key is deleted, and no pod starts.'
      : '';
  const onServer = `\`helm upgrade\` with the former values fails with a conflict, after it has changed whatever has none; with --force-conflicts it writes ${what} again.`;
  if (serverSide === true) return onServer;
  if (held === 'resource') {
    // Of a custom resource Helm 3 compares the former values with the new ones, and not with what is there.
    const kept = 'Helm 3 keeps what is in the resource, unless the values change.';
    return serverSide === false
      ? kept
      : `${kept} With Helm 4, for a release that it made itself, ${onServer}`;
  }
  return serverSide === false
    ? `${clientSide}${inKey}`
    : `With Helm 3, ${clientSide}${inKey} With Helm 4, for a release that it made itself, ${onServer}`;
}

function fileRun({ serverSide }: FoundOwner, what: string, inFile: InFile): string {
  if (serverSide === true) {
    return `Applying the former one fails with a conflict; with --force-conflicts it writes ${what} again.`;
  }
  return inFile === 'notNamed'
    ? '`kubectl apply` keeps what is in the cluster, because the file does not name it. `kubectl replace` deletes it.'
    : `\`kubectl apply\` of the former one writes ${what} again.`;
}
