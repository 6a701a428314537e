import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { at, textAt } from '../../config/raw-section';
import type { FoundProgram, Mount, Unit } from '../found-program';
import { startedBy, startedWith } from '../program-words';

/** One manifest that `podman kube play` is given, or a file with ConfigMaps for it. */
export interface KubeFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Reads the programs of a log from manifests and ConfigMaps. Secrets are left alone: a variable that comes from one is not known.
 *
 * @param unit the service of systemd that plays them, if there is one.
 */
export function readKubeFiles(files: readonly KubeFile[], unit?: Unit): FoundProgram[] {
  const objects = files.flatMap(({ path, text }) =>
    parseAllDocuments(text).map((document) => ({ path, value: document.toJS() as unknown })),
  );
  const configMaps = new Map(
    objects
      .filter(({ value }) => at(value, ['kind']) === 'ConfigMap')
      .map((object) => [textAt(object.value, ['metadata', 'name']) ?? '', object]),
  );
  return objects.flatMap(({ path, value }) => {
    const template = at(value, ['spec', 'template']);
    const pod = at(value, ['kind']) === 'Pod' ? value : template;
    const name = textAt(value, ['metadata', 'name']) ?? '';
    return listAt(pod, ['spec', 'containers']).flatMap((container): FoundProgram[] => {
      const words = [...listAt(container, ['command']), ...listAt(container, ['args'])].map(String);
      const called = ['name', 'image'].map((key) => textAt(container, [key]) ?? '');
      const started = startedBy(words) ?? startedWith(words, called);
      if (!started) return [];
      return [
        {
          ...started,
          where: `container ${called[0] ?? ''} of ${path}`,
          variable: (asked) => variableOf(container, asked, configMaps),
          fileOf: () => undefined,
          run: { by: 'podman', manifest: path, unit },
          ports:
            at(pod, ['spec', 'hostNetwork']) === true
              ? 'host'
              : new Map(listAt(container, ['ports']).flatMap(hostPort)),
          // Podman names the pod of a Deployment after it.
          names: [name, `${name}-pod`],
          mounts: listAt(container, ['volumeMounts']).flatMap((mount) =>
            mountOf(mount, listAt(pod, ['spec', 'volumes']), configMaps),
          ),
        },
      ];
    });
  });
}

type Objects = ReadonlyMap<string, { readonly path: string; readonly value: unknown }>;

function listAt(value: unknown, path: readonly string[]): unknown[] {
  const found = at(value, path);
  return Array.isArray(found) ? found : [];
}

function variableOf(container: unknown, name: string, configMaps: Objects): string | undefined {
  const entry = listAt(container, ['env']).find((one) => at(one, ['name']) === name);
  const reference = at(entry, ['valueFrom', 'configMapKeyRef']);
  const configMap = configMaps.get(textAt(reference, ['name']) ?? '')?.value;
  return textAt(entry, ['value']) ?? textAt(configMap, ['data', textAt(reference, ['key']) ?? '']);
}

function hostPort(port: unknown): [number, number][] {
  const [inside, outside] = [Number(at(port, ['containerPort'])), Number(at(port, ['hostPort']))];
  return inside > 0 && outside > 0 ? [[inside, outside]] : [];
}

function mountOf(mount: unknown, volumes: readonly unknown[], configMaps: Objects): Mount[] {
  const inside = textAt(mount, ['mountPath']) ?? '';
  const volume = volumes.find((one) => at(one, ['name']) === at(mount, ['name']));
  const path = textAt(volume, ['hostPath', 'path']);
  const configMap = textAt(volume, ['configMap', 'name']);
  if (path !== undefined) {
    return [{ inside, outside: { path: join(path, textAt(mount, ['subPath']) ?? '') } }];
  }
  if (configMap === undefined) return [];
  const file = configMaps.get(configMap)?.path;
  return [{ inside, outside: { configMap, ...(file !== undefined && { file }) } }];
}
