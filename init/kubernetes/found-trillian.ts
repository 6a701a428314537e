import { writeExactJson } from '../../activities/clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../activities/clients/kubernetes/objects';
import { listAt, textAt, valueAt } from '../../activities/installation/kubernetes/json-path';
import { databaseAddress, type DatabaseAddress } from '../database-address';
import { trillianPlace, type Place } from '../trillian-place';
import { DENIED, type ClusterReader } from './cluster-reader';
import { programsIn, type ContainerProgram } from './container-program';
import { selects } from './services';
import { serviceAddress, type ServiceAddress } from './service-address';
import { workloadsIn } from './workload';

/** Trillian, as far as Rekor and Trillian's own workloads say it. */
export interface FoundTrillian {
  /** What Rekor calls; undefined where that is not known. */
  readonly place: Place | undefined;
  /** The same, as a worker reaches it. */
  readonly address: ServiceAddress | undefined;
  /** The log servers behind that Service, and the log servers and signers of their database. */
  readonly servers: readonly ContainerProgram[];
  readonly signers: readonly ContainerProgram[];
  /** Other programs of Trillian in that namespace, in words. */
  readonly left: readonly string[];
  /** Services of that namespace. */
  readonly services: readonly KubernetesObject[];
  /** Why its workloads are not known: the end of a sentence. */
  readonly unseen: string | undefined;
  readonly database: FoundDatabase | undefined;
}

/** The database, as one of Trillian's programs says it. */
export interface FoundDatabase {
  readonly program: ContainerProgram;
  readonly address: DatabaseAddress;
  /** Its host, as a worker reaches it; undefined where the program does not say that in a form that is understood. */
  readonly reached: ServiceAddress | undefined;
}

/** Finds the Trillian that a Rekor calls. */
export async function foundTrillian(reader: ClusterReader, rekor: ContainerProgram): Promise<FoundTrillian> {
  const place = trillianPlace(rekor);
  const address = place && (await serviceAddress(reader, place.host, rekor.workload.namespace));
  const service = address && 'service' in address ? address.service : undefined;
  const none = { place, address, servers: [], signers: [], left: [], services: [], database: undefined };
  if (service === undefined) {
    return { ...none, unseen: 'it is no Service of this cluster, as far as that can be seen' };
  }
  const { namespace, name } = service;
  if ((await reader.list('Deployment', namespace)) === DENIED) {
    return { ...none, unseen: `the Deployments of namespace ${namespace} may not be listed` };
  }
  const services = await reader.listed('Service', namespace);
  const object = services.find(({ metadata }) => metadata.name === name);
  const workloads = await workloadsIn(reader, namespace);
  const programs = (await Promise.all(workloads.map((one) => programsIn(reader, one)))).flat();
  const called = programs.filter(
    ({ program, workload }) =>
      program === 'trillian_log_server' && object !== undefined && selects(object, workload),
  );
  const databases = new Set(called.map(databaseKey));
  const ofTrillian = programs.filter(({ program }) => program !== 'rekor-server');
  const taken = ofTrillian.filter((one) => called.includes(one) || databases.has(databaseKey(one)));
  return {
    ...{ place, address, services },
    database: await foundDatabase(reader, taken),
    servers: taken.filter(({ program }) => program === 'trillian_log_server'),
    signers: taken.filter(({ program }) => program === 'trillian_log_signer'),
    left: ofTrillian
      .filter((one) => !taken.includes(one))
      .map(({ where, program }) => `${where}, ${program}`),
    unseen:
      called.length > 0 ? undefined : `no log server of namespace ${namespace} is behind Service ${name}`,
  };
}

async function foundDatabase(
  reader: ClusterReader,
  programs: readonly ContainerProgram[],
): Promise<FoundDatabase | undefined> {
  for (const program of programs) {
    const address = databaseAddress(program);
    if (address !== undefined) {
      const { host } = address;
      const { namespace } = program.workload;
      const reached = host === undefined ? undefined : await serviceAddress(reader, host, namespace);
      return { program, address, reached };
    }
  }
  return undefined;
}

/**
 * What two programs of one namespace share that have one database. A variable that is not known stands for itself with where it
 * comes from, so that one Secret makes one database. May hold a password: only to be compared.
 */
function databaseKey(program: ContainerProgram): string {
  const { flags, variable, container } = program;
  const storage = flags.get('storage_system') ?? (flags.has('postgresql_uri') ? 'postgresql' : 'mysql');
  const written = flags.get(`${storage}_uri`) ?? '';
  const filled = written.replaceAll(/\$\(([^)]+)\)/g, (_, name: string) => {
    const entry = listAt(container, 'env').findLast((one) => textAt(one, 'name') === name);
    return variable(name) ?? writeExactJson(valueAt(entry, 'valueFrom') ?? name);
  });
  return `${storage} ${filled}`;
}
