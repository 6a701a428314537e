import type { Json } from '../../activities/clients/kubernetes/exact-json';
import {
  listAt,
  objectAt,
  textAt,
  textsOf,
  valueAt,
} from '../../activities/installation/kubernetes/json-path';
import type { FoundProgram } from '../../programs/found-program';
import { startedBy, startedWith } from '../../programs/program-words';
import { withVariables } from '../../programs/variables';
import { DENIED, type ClusterReader } from './cluster-reader';
import { containersOf, type Workload } from './workload';

/** A program of a log that a container runs. */
export interface ContainerProgram extends Pick<
  FoundProgram,
  'program' | 'where' | 'flags' | 'mayHaveMore' | 'variable'
> {
  readonly workload: Workload;
  readonly container: Json;
}

/** The texts of ConfigMaps by their names; one that is not there, or may not be read, is not among them. */
type ConfigMaps = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** The programs of a log in a workload, with what their variables stand for. A variable out of a Secret is not known. */
export async function programsIn(
  reader: ClusterReader,
  workload: Workload,
): Promise<readonly ContainerProgram[]> {
  const all = await Promise.all(
    listAt(workload.pod, 'containers').map(async (container): Promise<ContainerProgram[]> => {
      const words = wordsOf(container);
      const called = ['name', 'image'].map((key) => textAt(container, key) ?? '');
      const started = startedBy(words) ?? startedWith(words, called);
      // Rekor's image has more programs than its server, and all of them may have such flags.
      if (!started || (started.program === 'rekor-server' && !words.includes('serve'))) return [];
      const values = variablesOf(container, await configMapsFor(reader, workload, container));
      const variable = (name: string): string | undefined => values.get(name);
      return [{ ...started, where: workload.words, workload, container, variable }];
    }),
  );
  return all.flat();
}

/** What a container is started with, as far as its workload says it: what its image runs is not in it. */
export function wordsOf(container: Json): readonly string[] {
  return [...listAt(container, 'command'), ...listAt(container, 'args')].filter(
    (word) => typeof word === 'string',
  );
}

/** Every text that a container is started with, and the values of its variables that are written out. May hold secrets. */
export function textsIn(container: Json): readonly string[] {
  return [...wordsOf(container), ...listAt(container, 'env').flatMap((one) => textAt(one, 'value') ?? [])];
}

/** The ConfigMaps that a pod's volumes and its containers' variables come from. */
export function configMapsNamedBy(workload: Workload): ReadonlySet<string> {
  const volumes = listAt(workload.pod, 'volumes');
  const projected = volumes.flatMap((volume) => listAt(volume, 'projected', 'sources'));
  return new Set([
    ...[...volumes, ...projected].flatMap((one) => textAt(one, 'configMap', 'name') ?? []),
    ...containersOf(workload).flatMap(configMapsOfVariables),
  ]);
}

function configMapsOfVariables(container: Json): string[] {
  return [
    ...listAt(container, 'env').flatMap((one) => textAt(one, 'valueFrom', 'configMapKeyRef', 'name') ?? []),
    ...listAt(container, 'envFrom').flatMap((one) => textAt(one, 'configMapRef', 'name') ?? []),
  ];
}

async function configMapsFor(
  reader: ClusterReader,
  { namespace }: Workload,
  container: Json,
): Promise<ConfigMaps> {
  const names = [...new Set(configMapsOfVariables(container))];
  const found = await Promise.all(names.map((name) => reader.get('ConfigMap', namespace, name)));
  return new Map(
    names.flatMap((name, at) => {
      const object = found[at];
      return object === undefined || object === DENIED ? [] : [[name, textsOf(objectAt(object, 'data'))]];
    }),
  );
}

/** In their order, because each may refer to those before it; of two with one name the last one holds. */
function variablesOf(container: Json, configMaps: ConfigMaps): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const source of listAt(container, 'envFrom')) {
    const prefix = textAt(source, 'prefix') ?? '';
    const data = configMaps.get(textAt(source, 'configMapRef', 'name') ?? '') ?? {};
    for (const [key, value] of Object.entries(data)) values.set(`${prefix}${key}`, value);
  }
  for (const entry of listAt(container, 'env')) {
    const name = textAt(entry, 'name') ?? '';
    const literal = textAt(entry, 'value');
    const reference = valueAt(entry, 'valueFrom', 'configMapKeyRef');
    const value =
      literal === undefined
        ? configMaps.get(textAt(reference, 'name') ?? '')?.[textAt(reference, 'key') ?? '']
        : withVariables(literal, (other) => values.get(other));
    if (value === undefined) values.delete(name);
    else values.set(name, value);
  }
  return values;
}
