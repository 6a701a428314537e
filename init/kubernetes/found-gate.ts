import { parse } from 'yaml';
import type { Json } from '../../activities/clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../activities/clients/kubernetes/objects';
import { textAt as textIn } from '../../activities/installation/kubernetes/json-path';
import { mountedFile } from '../../activities/installation/kubernetes/mounted-file';
import { at, textAt } from '../../config/raw-section';
import { readFlags } from '../../programs/command-line-flags';
import { dividedAddress } from '../address';
import { DENIED, type ClusterReader } from './cluster-reader';
import { wordsOf } from './container-program';
import { imageOf, isGate } from './own-programs';
import { serviceLeadingTo, type FoundService } from './services';
import { containersOf, type Workload } from './workload';

/** The write gate that stands before a log already. */
export interface FoundGate {
  readonly workload: Workload;
  readonly image: string;
  /** The log that it is started for. */
  readonly log: string | undefined;
  /** The host that it sends to when it is started for the very first time. */
  readonly firstHost: string | undefined;
  /** What its own configuration says of it, or why that is not known: the end of a sentence. */
  readonly settings: GateSettings | { readonly reason: string };
  /** For clients. */
  readonly service: FoundService | undefined;
  /** For workers. */
  readonly adminService: FoundService | undefined;
}

/** Keys of `logs.NAME.gate`. Of its token only where that stands. */
export interface GateSettings {
  /** The ConfigMap that they are in. */
  readonly configMap: string;
  readonly listen?: string;
  readonly admin?: string;
  readonly stateFile?: string;
  readonly spoolDirectory?: string;
  readonly token?: { readonly file: string } | { readonly environment: string };
}

/** The gate of this log among these workloads; else the first one, which may be of another name. */
export async function foundGate(
  reader: ClusterReader,
  workloads: readonly Workload[],
  services: readonly KubernetesObject[],
  wanted: string,
): Promise<FoundGate | undefined> {
  const gates = workloads.flatMap((workload) => {
    const container = containersOf(workload).find(isGate);
    return container === undefined ? [] : [{ workload, container, log: flagOf(container, 'log') }];
  });
  const gate = gates.find(({ log }) => log === wanted) ?? gates[0];
  if (gate === undefined) return undefined;
  const { workload, container, log } = gate;
  const settings = await settingsOf(reader, workload, container, log);
  const [listen, admin] = 'reason' in settings ? [] : [settings.listen, settings.admin];
  const leading = (address: string | undefined): FoundService | undefined => {
    const port = dividedAddress(address ?? '')?.port;
    return port === undefined ? undefined : serviceLeadingTo(services, { workload, container }, port);
  };
  return {
    ...{ workload, image: imageOf(container), log, settings },
    firstHost: hostOf(flagOf(container, 'first-instance')),
    service: leading(listen),
    adminService: leading(admin),
  };
}

function hostOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).hostname : undefined;
}

async function settingsOf(
  reader: ClusterReader,
  workload: Workload,
  container: Json,
  log: string | undefined,
): Promise<FoundGate['settings']> {
  const file = flagOf(container, 'config') ?? flagOf(container, 'c');
  if (file === undefined || log === undefined) {
    return { reason: `${workload.words} is started without ${log === undefined ? '--log' : '--config'}` };
  }
  const mounted = mountedFile(workload.pod, container, file);
  if ('reason' in mounted) return { reason: `its configuration is ${file}, ${mounted.reason}` };
  if (mounted.kind === 'Secret')
    return { reason: `its configuration is in Secret ${mounted.name}, which is not read` };
  const configMap = await reader.get('ConfigMap', workload.namespace, mounted.name);
  if (configMap === DENIED)
    return { reason: `ConfigMap ${mounted.name}, with its configuration, may not be read` };
  const section = at(parsed(textIn(configMap, 'data', mounted.key) ?? ''), ['logs', log, 'gate']);
  const said = (...path: readonly string[]): string | undefined => textAt(section, path);
  const [listen, admin] = [said('listen'), said('admin')];
  if (listen === undefined || admin === undefined) {
    return { reason: `ConfigMap ${mounted.name} has no gate of the log ${log}` };
  }
  const [stateFile, spoolDirectory] = [said('stateFile'), said('spoolDirectory')];
  const [tokenFile, environment] = [said('token', 'file'), said('token', 'environment')];
  return {
    ...{ configMap: mounted.name, listen, admin },
    ...(stateFile !== undefined && { stateFile }),
    ...(spoolDirectory !== undefined && { spoolDirectory }),
    ...(tokenFile !== undefined
      ? { token: { file: tokenFile } }
      : environment !== undefined && { token: { environment } }),
  };
}

/** Undefined for what is no YAML: why it is none would quote it. */
function parsed(text: string): unknown {
  try {
    return parse(text, { logLevel: 'silent' }) as unknown;
  } catch {
    return undefined;
  }
}

function flagOf(container: Json, flag: string): string | undefined {
  const found = readFlags(wordsOf(container)).find(({ name }) => name === flag);
  return found?.value ?? found?.following[0];
}
