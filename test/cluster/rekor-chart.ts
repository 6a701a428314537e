import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { helmChart } from '../../lab/kubernetes/log/helm-chart';
import { hostnameOf } from '../../lab/kubernetes/log/configuration';

/**
 * Stands for Sigstore's chart `rekor`: its templates render what the lab has of version 1.8.4 (lab/kubernetes/log/helm-chart.ts),
 * with the two values that a rotation outdates. As there, the list is one line of JSON with a newline behind it, a tree id that is
 * not among the values has no key, and the version of the chart is a label of the pods, so that another one starts them anew.
 * Otherwise than there, other values start no pod anew: the sums of the rendered files among the annotations stay the same.
 */
export interface RekorValues {
  readonly treeID?: string;
  readonly contents: string;
}

/** Writes version `version` of the chart into a folder of this one, and returns that. */
export function writeRekorChart(folder: string, version: string, replicas: number): string {
  const chart = join(folder, `rekor-${version}`);
  mkdirSync(join(chart, 'templates'), { recursive: true });
  writeFileSync(join(chart, 'Chart.yaml'), `apiVersion: v2\nname: rekor\nversion: ${version}\n`);
  writeFileSync(join(chart, 'values.yaml'), `server:\n  config: {}\n  sharding:\n    contents: ''\n`);
  const settings = { treeId: TREE, signingKey: '', hostname: hostnameOf(helmChart), replicas };
  // Where the key comes from is not the chart's business.
  const objects = helmChart.rekorManifests(settings).filter(({ kind }) => kind !== 'Secret');
  const texts = objects.map((object) =>
    JSON.stringify(object)
      .replace(
        `,"treeID":"${TREE}"`,
        '{{ with .Values.server.config.treeID }},"treeID":{{ . | quote }}{{ end }}',
      )
      .replace(
        '"sharding-config.yaml":""',
        '"sharding-config.yaml":{{ with .Values.server.sharding.contents }}{{ printf "%s\\n" . | toJson }}{{ else }}""{{ end }}',
      )
      .replaceAll('rekor-1.8.4', 'rekor-{{ .Chart.Version }}'),
  );
  writeFileSync(join(chart, 'templates', 'objects.yaml'), texts.join('\n---\n'));
  return chart;
}

/** Words for Helm that give it these values. */
export function valuesWords(
  folder: string,
  name: string,
  { treeID, contents }: RekorValues,
): readonly string[] {
  const file = join(folder, `${name}.yaml`);
  const config = treeID === undefined ? {} : { treeID };
  writeFileSync(file, JSON.stringify({ server: { config, sharding: { contents } } }));
  return ['--values', file];
}

/** Replaced in what is rendered. */
const TREE = '4711';
