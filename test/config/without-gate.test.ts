import { readFileSync } from 'node:fs';
import { loadConfiguration, logNamed } from '../../config/load';
import { connectSystems } from '../../workers/systems';
import { exampleText, problemsOf, written } from './example';

/** The example without these sections of its log, and with these lines in their place. */
function example(without: readonly string[], ...lines: readonly string[]): string {
  const text = without.reduce(
    (left, key) => left.replace(new RegExp(`^ {4}${key}:.*\\n(?: {6,}.*\\n| *#.*\\n|\\n)*`, 'm'), ''),
    exampleText,
  );
  return written(
    text.replace(/^ {4}installation:/m, (found) => [...lines, found].join('\n')) + lines.join('\n'),
  );
}

const KUBERNETES =
  '    installation: {kind: kubernetes, namespace: n, deployment: d, service: s, launcherImage: i}\n';
const onKubernetes = (without: readonly string[], more = ''): string =>
  example([...without, 'installation', 'nextSigner', 'rotation'], `${KUBERNETES}${more}`);

it('leaves out the gate of a log on Kubernetes, and leads its clients by the Service', () => {
  const file = onKubernetes(['gate']);
  expect(problemsOf(file)).toEqual([]);
  const log = logNamed(loadConfiguration(file, {}), 'production');
  expect(log.gate).toBeUndefined();
});

it('goes by no maxWait where no write waits', () => {
  const longSection = '    rotation: {criticalSection: 20s}\n';
  expect(problemsOf(onKubernetes(['gate'], longSection))).toEqual([]);
  expect(problemsOf(onKubernetes([], longSection)).map(({ path }) => path)).toEqual([
    'logs.production.rotation.criticalSection',
  ]);
});

it('refuses by name a log on a host without a gate, and says what goes without one', () => {
  expect(problemsOf(example(['gate']))).toMatchObject([
    {
      path: 'logs.production.gate',
      found: 'nothing',
      allowed:
        'a section for the write gate: installation.kind is host, and only kubernetes goes without one',
    },
  ]);
});

it('refuses to recreate every Rekor of a log without a gate, in which no write could wait', () => {
  const file = onKubernetes(['gate'], '    rotation: {criticalSection: 20s}\n');
  const recreated = written(
    readFileSync(file, 'utf8').replaceAll('kind: kubernetes', 'kind: kubernetes, strategy: recreate'),
  );
  expect(problemsOf(recreated)).toMatchObject([
    {
      path: 'logs.production.gate',
      found: 'nothing',
      allowed: expect.stringContaining('installation.strategy is recreate') as string,
    },
  ]);
  const rolling = readFileSync(recreated, 'utf8').replaceAll('recreate', 'rolling');
  expect(problemsOf(written(rolling))).toEqual([]);
});

it('says of a gate that is half there what is missing, and not that there may be none', () => {
  const paths = problemsOf(onKubernetes(['gate'], '    gate: {}\n')).map(({ path }) => path);
  expect(paths).toContain('logs.production.gate.listen');
  expect(paths).not.toContain('logs.production.gate');
});

it('connects no gate for a log without one: its cluster is asked', () => {
  const kubeconfig = `    installation: {kind: kubernetes, kubeconfig: nowhere, namespace: n, deployment: d, service: s, launcherImage: i}\n`;
  const file = example(['gate', 'installation', 'nextSigner', 'rotation'], kubeconfig);
  const log = logNamed(loadConfiguration(file, {}), 'production');
  expect(() => connectSystems({ ...log, trillian: { ...log.trillian, tls: undefined } })).toThrow(/nowhere/);
});
