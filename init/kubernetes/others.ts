import { serviceName, selects, type FoundService } from './services';
import { configMapsNamedBy, textsIn, type ContainerProgram } from './container-program';
import { logKey, mayWrite, treeConfigMap, treeOf } from './rekor';
import { isOwnProgram } from './own-programs';
import { containersOf, type Workload } from './workload';

/** Something besides the standing Deployment that has to do with the log (H11). */
export interface Other {
  readonly workload: Workload;
  /** What it does, and what comes of that in a rotation: one or more sentences that begin with its words. */
  readonly said: string;
}

export interface Surroundings {
  readonly rekor: ContainerProgram;
  readonly rekors: readonly ContainerProgram[];
  readonly workloads: readonly Workload[];
  readonly service: FoundService | undefined;
}

/** Every other workload of a namespace that serves, names or calls the log. */
export function othersOf({ rekor, rekors, workloads, service }: Surroundings): Other[] {
  const tree = treeOf(rekor);
  const configMap = treeConfigMap(rekor);
  return workloads.flatMap((workload): Other[] => {
    if (workload === rekor.workload || containersOf(workload).some(isOwnProgram)) return [];
    const own = rekors.filter((one) => one.workload === workload);
    const same = own.find((one) => logKey(one) === logKey(rekor));
    if (same !== undefined) return [{ workload, said: saidOfRekor(same, service) }];
    // Of another log, or of an unknown one; either way nothing of it is changed.
    if (own.length > 0) {
      const isUnknown = own.some((one) => treeOf(one) === undefined);
      const isBehind = service !== undefined && selects(service.object, workload);
      if (isBehind) {
        const said = `${workload.words} runs Rekor of another tree behind Service ${service.name}. Clients get answers of both: take its pods out of the Service.`;
        return [{ workload, said }];
      }
      const said = `${workload.words} runs Rekor, and which tree it has cannot be seen. If it is this one, it is a second writer or reader: see docs/init.md.`;
      return isUnknown ? [{ workload, said }] : [];
    }
    const texts = containersOf(workload).flatMap(textsIn);
    if (tree !== undefined && texts.some((text) => text.split(/\D+/).includes(tree))) {
      return [{ workload, said: `${workload.words} names tree ${tree}. ${TELL}` }];
    }
    const isNamed = configMap !== undefined && texts.some((text) => wordsOf(text).includes(configMap));
    if (configMap !== undefined && (isNamed || configMapsNamedBy(workload).has(configMap))) {
      const said = `${workload.words} uses ConfigMap ${configMap}, in which the tree stands. See that it never writes it, and starts anew after a rotation.`;
      return [{ workload, said }];
    }
    if (service !== undefined && texts.some((text) => names(text, service))) {
      const said = `${workload.words} calls Service ${service.name} past the gate. What it writes during a rotation fails, and what it reads may be older: let it call the gate.`;
      return [{ workload, said }];
    }
    return [];
  });
}

const TELL = 'Nothing of a rotation changes that: give it the next tree after each.';

function saidOfRekor(rekor: ContainerProgram, service: FoundService | undefined): string {
  const { words } = rekor.workload;
  const isBehind = service !== undefined && selects(service.object, rekor.workload);
  const behind = isBehind ? ` It is behind Service ${service.name}, too.` : '';
  return mayWrite(rekor)
    ? `${words} runs Rekor on the same tree and may write to it, and no rotation replaces it.${behind} After a rotation its writes fail and its reads miss new entries. Stop it, or let it have only the operations that read (--enabled_api_endpoints).`
    : `${words} runs Rekor on the same tree for reads, and no rotation replaces it.${behind} After a rotation it does not find new entries until it is started with the next tree and the longer list.`;
}

function wordsOf(text: string): readonly string[] {
  return text.split(/[^a-z0-9.-]+/);
}

/** Whether a text is an address of a Service, or has one in it. */
function names(text: string, service: FoundService): boolean {
  const { namespace, name } = service;
  const known = [name, `${name}.${namespace}`, serviceName(service), `${serviceName(service)}.cluster.local`];
  // A word by itself may as well be the name of a program.
  const hosts = [
    ...text.matchAll(/(?:\/\/|=)([a-z0-9][a-z0-9.-]*)|^([a-z0-9-]+\.[a-z0-9.-]+|[a-z0-9-]+(?=:\d))/g),
  ];
  return hosts.some(([, written, first]) => known.includes(written ?? first ?? ''));
}
