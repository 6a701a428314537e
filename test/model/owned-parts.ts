import type { OwnedPart, Owner } from '../../workflows/model/ownership';

/** Somebody who writes an object when a person tells it to. */
export const anOwner: Owner = {
  name: 'Helm release rekor of sigstore',
  nextRun: '`helm upgrade` with the former values writes the former list again without a word.',
};

/** Somebody who does so by itself. */
export const aHealer: Owner = {
  name: 'Argo CD application rekor',
  nextRun: 'A sync writes the former list again.',
  byItself: { pause: 'Let automated sync be off.' },
};

/** The object with the list of a log. */
export function aPart(...owners: readonly Owner[]): OwnedPart {
  return {
    ...{ object: 'ConfigMap rekor/rekor-sharding-config', holds: 'list', owners },
    source: 'unknown',
    commit: [
      {
        where: 'server.sharding.contents in the values of chart rekor',
        value: `'[{"treeID":200}]'`,
      },
    ],
  };
}
