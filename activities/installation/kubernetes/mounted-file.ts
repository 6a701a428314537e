import type { Json, JsonObject } from '../../clients/kubernetes/exact-json';
import { listAt, objectAt, textAt, valueAt } from './json-path';

/** Where the content of a file in a container stands in the cluster. */
export interface MountedFile {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
  readonly key: string;
  /** The position of the volume among `spec.template.spec.volumes`. */
  readonly volume: number;
}

/** The object that a file of a container is mounted from, or why it is from none: the end of a sentence. */
export function mountedFile(
  pod: Json | undefined,
  container: Json,
  file: string,
): MountedFile | { readonly reason: string } {
  const mounts = listAt(container, 'volumeMounts')
    .map((mount) => ({ mount, path: (textAt(mount, 'mountPath') ?? '').replace(/\/+$/, '') }))
    .filter(({ path }) => file === path || file.startsWith(`${path}/`));
  const longest = Math.max(...mounts.map(({ path }) => path.length));
  const found = mounts.find(({ path }) => path.length === longest);
  const volumes = listAt(pod, 'volumes');
  const volume = volumes.findIndex((one) => textAt(one, 'name') === textAt(found?.mount, 'name'));
  if (found === undefined || volume < 0) return { reason: 'which is mounted from no volume' };
  const inVolume = [textAt(found.mount, 'subPath'), file.slice(found.path.length + 1)]
    .filter(Boolean)
    .join('/');
  const source = sourceOf(objectAt(volumes[volume]));
  if (source === null) return { reason: 'which is mounted neither from a ConfigMap nor from a Secret' };
  const items = listAt(source.volume, 'items');
  const item = items.find((one) => textAt(one, 'path') === inVolume);
  const key = items.length === 0 ? inVolume : textAt(item, 'key');
  if (key === undefined || key.includes('/')) return { reason: 'and the volume has no such file' };
  return { kind: source.kind, name: source.name, key, volume };
}

function sourceOf(volume: JsonObject) {
  const configMap = valueAt(volume, 'configMap');
  const secret = valueAt(volume, 'secret');
  const [fromConfigMap, fromSecret] = [textAt(configMap, 'name'), textAt(secret, 'secretName')];
  if (fromConfigMap !== undefined)
    return { kind: 'ConfigMap', name: fromConfigMap, volume: configMap } as const;
  return fromSecret === undefined ? null : ({ kind: 'Secret', name: fromSecret, volume: secret } as const);
}
