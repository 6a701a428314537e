import { neededRights } from '../../../lab/kubernetes/existing/preflight';
import { forExisting } from '../../../lab/kubernetes/existing/manifests';
import type { Manifest } from '../../../lab/kubernetes/api';
import { gateManifests } from '../../../lab/kubernetes/log/gate';
import { namespacesOf } from '../../../lab/kubernetes/log/log';
import { OWN_IMAGE } from '../../../lab/kubernetes/log/own-image';
import { rotationSettings } from '../../../lab/kubernetes/log/settings';
import type { LogShape } from '../../../lab/kubernetes/log/shape';
import { shapes, shapesForExisting } from '../../../lab/kubernetes/log/shapes';
import { temporalManifests } from '../../../lab/kubernetes/log/temporal';
import { databaseManifests, trillianManifests } from '../../../lab/kubernetes/log/trillian';
import { workerManifests } from '../../../lab/kubernetes/log/worker';

/** Everything that is applied to bring a log up. */
function manifestsOf(shape: LogShape): readonly Manifest[] {
  const settings = { treeId: '1', signingKey: '', hostname: '', replicas: 2 };
  return [
    ...temporalManifests,
    ...databaseManifests(shape.trillian, 'password'),
    ...trillianManifests(shape.trillian),
    ...shape.rekorManifests(settings),
    ...rotationSettings(shape, { gateToken: 'token', databasePassword: 'password' }),
    ...gateManifests(shape),
    ...workerManifests(shape),
  ];
}

/** The images that a manifest names, wherever it does. */
const imagesIn = (text: string): readonly string[] =>
  text.match(/localhost\/rekor-rotate-lab\/[\w-]+:\w+/g) ?? [];

describe.each(shapesForExisting)(
  'a log in the shape %s on a cluster that was there before the lab',
  (name) => {
    const shape = shapes[name];
    const manifests = manifestsOf(shape);
    const images = new Map(
      [...new Set(imagesIn(JSON.stringify(manifests)))].map((image) => [
        image,
        image.replace(':lab', ':0123456789ab'),
      ]),
    );
    const adapted = manifests.map((manifest) => forExisting(manifest, images));

    it('is whole in the namespaces of the lab, with which it goes', () => {
      const namespaces = namespacesOf(shape);
      const outside = manifests.filter(({ metadata }) => !namespaces.includes(metadata.namespace ?? ''));
      expect(outside).toEqual([]);
    });

    it('names each image as it is on the nodes, in its configuration, too', () => {
      expect(images.size).toBe(6);
      expect(new Set(imagesIn(JSON.stringify(adapted)))).toEqual(new Set(images.values()));
      const configuration = adapted.find(({ metadata }) => metadata.name === 'rekor-rotate');
      expect(JSON.stringify(configuration)).toContain(`launcherImage: ${images.get(OWN_IMAGE) ?? ''}`);
    });

    it('has no Service that is given an address outside of the cluster', () => {
      const types = adapted.flatMap(({ kind, spec }) =>
        kind === 'Service' ? [(spec as { readonly type?: string }).type ?? 'ClusterIP'] : [],
      );
      expect(types.length).toBeGreaterThan(5);
      expect(new Set(types)).toEqual(new Set(['ClusterIP']));
    });

    it('is otherwise as the lab has it on a cluster of its own', () => {
      const same = JSON.stringify(adapted).replaceAll(':0123456789ab', ':lab');
      expect(same).toBe(JSON.stringify(manifests).replaceAll('"LoadBalancer"', '"ClusterIP"'));
    });

    it('is brought up with the rights that are asked for beforehand', () => {
      const asked = neededRights(shape).map(
        ({ verb, resource, namespace }) => `${verb} ${resource} ${namespace}`,
      );
      for (const { kind, metadata } of manifests) {
        for (const verb of ['create', 'patch']) {
          expect(asked).toContain(`${verb} ${kind.toLowerCase()}s ${metadata.namespace ?? ''}`);
        }
      }
    });
  },
);
