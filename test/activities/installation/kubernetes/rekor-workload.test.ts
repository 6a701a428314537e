import type { Json } from '../../../../activities/clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../../../activities/clients/kubernetes/objects';
import { objectAt, withValueAt } from '../../../../activities/installation/kubernetes/json-path';
import { readWorkload } from '../../../../activities/installation/kubernetes/rekor-workload';
import type { ShapeName } from '../../../../lab/kubernetes/log/shapes';
import { RefusalError } from '../../../../activities/errors/refusal-error';
import { CURRENT, objectsOf } from './standing-log';

const pod = ['spec', 'template', 'spec'] as const;
const container = [...pod, 'containers', 0] as const;

function deploymentOf(shape: ShapeName): KubernetesObject {
  const found = objectsOf(shape).find(({ kind }) => kind === 'Deployment');
  if (!found) throw new Error('There is no Deployment.');
  return found;
}

const upstream = deploymentOf('upstream');

function changed(...changes: readonly (readonly [readonly (string | number)[], Json])[]): KubernetesObject {
  return changes.reduce(
    (object, [path, value]) => objectAt(withValueAt(object, path, value)) as KubernetesObject,
    upstream,
  );
}

const args = (...values: readonly string[]) => changed([[...container, 'args'], values]);
const TREE = `--trillian_log_server.tlog_id=${CURRENT}`;
const LIST = '--trillian_log_server.sharding_config=/sharding/sharding-config.yaml';

describe('where a Deployment of Rekor has its shards', () => {
  it("is read of upstream's manifest", () => {
    expect(readWorkload('production', upstream)).toEqual({
      ...{ container: 0, port: 3000 },
      tree: {
        ...{ kind: 'container', path: ['args', 5], prefix: '--trillian_log_server.tlog_id=' },
        ...{ treeId: CURRENT, what: '--trillian_log_server.tlog_id' },
      },
      list: { kind: 'ConfigMap', name: 'sharding-config', key: 'sharding-config.yaml', volume: 0 },
    });
  });

  it("is read of the chart's", () => {
    expect(readWorkload('production', deploymentOf('helm-chart'))).toEqual({
      ...{ container: 0, port: 3000 },
      tree: { kind: 'ConfigMap', variable: 0, name: 'rekor-config', key: 'treeID', what: 'TREE_ID' },
      list: { kind: 'ConfigMap', name: 'rekor-sharding-config', key: 'sharding-config.yaml', volume: 0 },
    });
  });

  it.each<[string, KubernetesObject, unknown]>([
    [
      'an id that is an argument of its own',
      args('serve', '--trillian_log_server.tlog_id', CURRENT, LIST),
      { tree: { path: ['args', 2], prefix: '', treeId: CURRENT } },
    ],
    [
      'the last of two ids, which is the one that counts',
      args('serve', '--trillian_log_server.tlog_id=5', TREE, LIST),
      { tree: { path: ['args', 2], treeId: CURRENT } },
    ],
    [
      'a variable with a value of its own',
      changed(
        [
          [...container, 'args'],
          ['serve', '--trillian_log_server.tlog_id=$(TREE)', LIST],
        ],
        [[...container, 'env'], [{ name: 'TREE', value: CURRENT }]],
      ),
      { tree: { kind: 'container', path: ['env', 0, 'value'], prefix: '', treeId: CURRENT, what: 'TREE' } },
    ],
    ['another port', args('serve', TREE, LIST, '--port=4000'), { port: 4000 }],
    [
      'a list out of a Secret, under another name than its key',
      changed([
        [...pod, 'volumes'],
        [
          {
            name: 'sharding-config',
            secret: { secretName: 'list', items: [{ key: 'shards', path: 'sharding-config.yaml' }] },
          },
        ],
      ]),
      { list: { kind: 'Secret', name: 'list', key: 'shards', volume: 0 } },
    ],
    [
      'a list that is mounted as one file',
      changed([
        [...container, 'volumeMounts'],
        [
          { name: 'key', mountPath: '/sharding' },
          { name: 'sharding-config', mountPath: '/sharding/sharding-config.yaml', subPath: 'shards' },
        ],
      ]),
      { list: { kind: 'ConfigMap', name: 'sharding-config', key: 'shards' } },
    ],
  ])('is read of %s', (_, deployment, expected) => {
    expect(readWorkload('production', deployment)).toMatchObject(expected as object);
  });

  it.each<[string, KubernetesObject, string]>([
    ['no tree', args('serve', LIST), 'none of its containers has the argument --trillian_log_server.tlog_id'],
    [
      'tree 0, with which Rekor makes one of its own',
      args('serve', '--trillian_log_server.tlog_id=0', LIST),
      '--trillian_log_server.tlog_id is not set',
    ],
    [
      'a tree that is no number, which may be a misplaced secret',
      args('serve', '--trillian_log_server.tlog_id=hunter2', LIST),
      'no id of a tree',
    ],
    [
      'a tree out of a Secret',
      changed(
        [
          [...container, 'args'],
          ['serve', '--trillian_log_server.tlog_id=$(TREE)', LIST],
        ],
        [[...container, 'env'], [{ name: 'TREE', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } }]],
      ),
      'the variable TREE, which is not taken from a ConfigMap',
    ],
    [
      'two Rekors in a pod',
      changed([
        [...pod, 'containers'],
        [
          { name: 'one', args: [TREE] },
          { name: 'two', args: [TREE] },
        ],
      ]),
      'more than one of its containers',
    ],
    ['no list', args('serve', TREE), 'has no --trillian_log_server.sharding_config'],
    [
      'a list in the image',
      args('serve', TREE, '--trillian_log_server.sharding_config=/etc/list.yaml'),
      '/etc/list.yaml, which is mounted from no volume',
    ],
    [
      'a list on a disk',
      changed([[...pod, 'volumes'], [{ name: 'sharding-config', emptyDir: {} }]]),
      'neither from a ConfigMap nor from a Secret',
    ],
    ['a port that is a variable', args('serve', TREE, LIST, '--port=$(PORT)'), 'no number'],
    [
      'the network of its node',
      changed([[...pod, 'hostNetwork'], true]),
      'it has hostNetwork, so that no second Rekor could listen',
    ],
  ])('is refused of one with %s', (_, deployment, reason) => {
    const read = (): unknown => readWorkload('production', deployment);
    expect(read).toThrow(RefusalError);
    expect(read).toThrow(reason);
    expect(read).not.toThrow('hunter2');
  });
});
