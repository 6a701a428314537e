import type { ContainerProgram } from '../init/kubernetes/container-program';
import { treeOf } from '../init/kubernetes/rekor';
import type { FoundLog } from '../init/kubernetes/search';
import { list, titled } from './text';

/** What was found of a log in a namespace, and what was seen and is not taken for it. */
export function foundText(log: FoundLog, columns: number): string {
  const { rekor, shape, service, trillian, gate, fronts, left } = log;
  const item = ({ program, where, workload }: ContainerProgram): string =>
    `${program}: ${where} of ${workload.namespace}`;
  const items = [
    item(rekor),
    `tree: ${treeOf(rekor) ?? 'not known'}`,
    `layout: ${shape.name}; ${shape.why}`,
    ...(service === undefined ? [] : [`Service before it: ${service.name}`]),
    ...[...trillian.servers, ...trillian.signers].map(item),
    ...(gate === undefined ? [] : [`gate: ${gate.workload.words}`]),
    ...fronts.map(({ words, url, isGate }) => `${words}: ${url}, ${isGate ? 'to the gate' : 'to Rekor'}`),
  ];
  return [
    ...titled('Found:', list(items, columns)),
    ...titled('Seen, and not taken for it:', list([...left, ...trillian.left], columns)),
  ].join('\n');
}
