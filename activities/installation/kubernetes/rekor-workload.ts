import type { Json } from '../../clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../clients/kubernetes/objects';
import { refuse } from '../../errors/refusal-error';
import { isTreeId } from '../tree-id';
import type { TreeId } from '../../../workflows/model/log';
import { type JsonPath, listAt, textAt, valueAt } from './json-path';
import { mountedFile, type MountedFile } from './mounted-file';

/** Where a Deployment of Rekor has what a rotation changes. Nothing of it depends on who wrote the Deployment. */
export interface RekorWorkload {
  /** The position of Rekor's container among `spec.template.spec.containers`. */
  readonly container: number;
  readonly tree: TreePlace;
  readonly list: ListPlace;
  /** Where Rekor listens for requests in its pod. */
  readonly port: number;
}

/** Where the active tree's id stands: in the container itself, or in a ConfigMap that a variable of it is taken from. */
export type TreePlace =
  | {
      readonly kind: 'container';
      /** From the container: an argument, or the value of a variable. */
      readonly path: JsonPath;
      /** What stands before the id in that text. */
      readonly prefix: string;
      readonly treeId: TreeId;
      /** For people: the flag or the variable. */
      readonly what: string;
    }
  | {
      readonly kind: 'ConfigMap';
      /** The position among the container's `env`. */
      readonly variable: number;
      readonly name: string;
      readonly key: string;
      readonly what: string;
    };

/** The object that the file of `--trillian_log_server.sharding_config` is mounted from. */
export type ListPlace = MountedFile;

const TREE_FLAG = '--trillian_log_server.tlog_id';
const LIST_FLAG = '--trillian_log_server.sharding_config';

/** Where Rekor listens unless `--port` says another (rekor: cmd/rekor-server/app/serve.go). */
const DEFAULT_PORT = 3_000;

/**
 * Reads a Deployment of Rekor. Refuses WORKLOAD_NOT_ROTATABLE for one whose next release could not be derived from it.
 *
 * @param log its name in the configuration, for messages.
 */
export function readWorkload(log: string, deployment: KubernetesObject): RekorWorkload {
  const { namespace = '', name } = deployment.metadata;
  const fail = (reason: string): Error =>
    refuse('WORKLOAD_NOT_ROTATABLE', { log, object: `Deployment ${namespace}/${name}`, reason });
  const pod = valueAt(deployment, 'spec', 'template', 'spec');
  const containers = listAt(pod, 'containers');
  const ofRekor = containers.flatMap((container, position) => {
    const flags = flagsOf(container);
    return flags.has(TREE_FLAG) ? [{ container, position, flags }] : [];
  });
  const [found, ...others] = ofRekor;
  if (found === undefined || others.length > 0) {
    throw fail(
      `${ofRekor.length === 0 ? 'none' : 'more than one'} of its containers has the argument ${TREE_FLAG}`,
    );
  }
  if (valueAt(pod, 'hostNetwork') === true) {
    throw fail('it has hostNetwork, so that no second Rekor could listen on its node');
  }
  const { container, position, flags } = found;
  const tree = treePlace(container, flags.get(TREE_FLAG), fail);
  const listFile = flags.get(LIST_FLAG)?.value;
  if (listFile === undefined) {
    throw fail(`its Rekor has no ${LIST_FLAG}; mount a ConfigMap with an empty list there first`);
  }
  const port = flags.get('--port')?.value ?? String(DEFAULT_PORT);
  if (!/^[1-9][0-9]{0,4}$/.test(port)) {
    throw fail(`its --port is ${port}, no number`);
  }
  return { container: position, tree, list: listPlace(pod, container, listFile, fail), port: Number(port) };
}

interface Flag {
  readonly value: string;
  /** The position of the argument with the value, among `args`. */
  readonly argument: number;
  /** What stands before the value in it. */
  readonly prefix: string;
}

/** The flags of a container's `args`, `--flag=value` or `--flag value`; of one given twice the last one counts, as it does for Rekor. */
function flagsOf(container: Json): ReadonlyMap<string, Flag> {
  const flags = new Map<string, Flag>();
  const args = listAt(container, 'args').map((arg) => (typeof arg === 'string' ? arg : ''));
  for (let at = 0; at < args.length; at += 1) {
    const [, name = '', value] = /^(--[^=]+)(?:=(.*))?$/s.exec(args[at] ?? '') ?? [];
    if (value !== undefined) {
      flags.set(name, { value, argument: at, prefix: `${name}=` });
    } else if (name === TREE_FLAG || name === LIST_FLAG || name === '--port') {
      flags.set(name, { value: args[at + 1] ?? '', argument: at + 1, prefix: '' });
      at += 1;
    }
  }
  return flags;
}

type Fail = (reason: string) => Error;

function treePlace(container: Json, flag: Flag | undefined, fail: Fail): TreePlace {
  const { value, argument, prefix } = flag ?? { value: '', argument: 0, prefix: '' };
  const [, variable] = /^\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)$/.exec(value) ?? [];
  const inContainer = (path: JsonPath, treeId: string, before: string, what: string): TreePlace => {
    if (!isTreeId(treeId)) {
      throw fail(`its ${TREE_FLAG} is ${treeId === '' || treeId === '0' ? 'not set' : 'no id of a tree'}`);
    }
    return { kind: 'container', path, prefix: before, treeId, what };
  };
  if (variable === undefined) return inContainer(['args', argument], value, prefix, TREE_FLAG);
  const variables = listAt(container, 'env');
  const position = variables.findLastIndex((one) => textAt(one, 'name') === variable);
  const literal = textAt(variables[position], 'value');
  if (literal !== undefined) return inContainer(['env', position, 'value'], literal, '', variable);
  const reference = valueAt(variables[position], 'valueFrom', 'configMapKeyRef');
  const [name, key] = [textAt(reference, 'name'), textAt(reference, 'key')];
  if (name === undefined || key === undefined) {
    throw fail(
      `its ${TREE_FLAG} is the variable ${variable}, which is not taken from a ConfigMap by configMapKeyRef`,
    );
  }
  return { kind: 'ConfigMap', variable: position, name, key, what: variable };
}

function listPlace(pod: Json | undefined, container: Json, file: string, fail: Fail): ListPlace {
  const mounted = mountedFile(pod, container, file);
  if ('reason' in mounted) throw fail(`its ${LIST_FLAG} is ${file}, ${mounted.reason}`);
  return mounted;
}
