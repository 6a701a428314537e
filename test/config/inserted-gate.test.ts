import { loadConfiguration, logNamed } from '../../config/load';
import { connectSystems } from '../../workers/systems';
import { exampleText, kubernetesText, problemsOf, written } from './example';

/** The example of a log on Kubernetes, with these lines more in the section of its gate. */
const onKubernetes = (...lines: readonly string[]): string =>
  kubernetesText.replace(/^ {4}gate:\n/m, (found) =>
    [found, ...lines.map((line) => `      ${line}\n`)].join(''),
  );

const INSERTED = ['insertedAt: rekor-clients', 'service: production-gate'];
const GATE = 'logs.production.gate';

it('has a gate that is inserted for a rotation between three Services of a log on Kubernetes', () => {
  const file = written(onKubernetes(...INSERTED));
  expect(problemsOf(file)).toEqual([]);
  const { gate } = logNamed(loadConfiguration(file, {}), 'production');
  expect(gate).toMatchObject({ insertedAt: 'rekor-clients', service: 'production-gate' });
});

it('refuses one of both Services alone', () => {
  for (const line of INSERTED) {
    expect(problemsOf(written(onKubernetes(line)))).toMatchObject([
      {
        path: GATE,
        found: `${line.split(':')[0] ?? ''} alone`,
        allowed: 'both or neither of insertedAt and service',
      },
    ]);
  }
});

it.each<[string, readonly string[], string, string]>([
  [
    'the Service of clients is the one that the gate sends to',
    ['insertedAt: rekor-server', 'service: production-gate'],
    `${GATE}.insertedAt`,
    'rekor-server, as in installation.service',
  ],
  [
    'the Service of the gate is the one that it sends to',
    ['insertedAt: rekor-clients', 'service: rekor-server'],
    `${GATE}.service`,
    'rekor-server, as in installation.service',
  ],
  [
    'the Service of clients is that of the gate',
    ['insertedAt: production-gate', 'service: production-gate'],
    `${GATE}.insertedAt`,
    'production-gate, as in gate.service',
  ],
])('refuses it where %s', (_, lines, path, found) => {
  expect(problemsOf(written(onKubernetes(...lines)))).toMatchObject([
    { path, found, allowed: expect.stringMatching(/^three Services: /) as string },
  ]);
});

it('refuses what is no name of a Service', () => {
  expect(problemsOf(written(onKubernetes('insertedAt: Rekor', 'service: gate.other')))).toMatchObject(
    ['insertedAt', 'service'].map((key) => ({
      path: `${GATE}.${key}`,
      allowed: expect.stringContaining('63') as string,
    })),
  );
});

it('refuses it on a host, where no Service leads anybody', () => {
  const onHost = exampleText.replace(
    /^ {4}gate:\n/m,
    (found) => `${found}      insertedAt: clients\n      service: gate\n`,
  );
  expect(problemsOf(written(onHost))).toMatchObject(
    ['insertedAt', 'service'].map((key) => ({
      ...{ path: `${GATE}.${key}`, found: 'a Service, and installation.kind is host' },
      allowed: 'nothing: a gate is inserted for a rotation with kubernetes alone',
    })),
  );
});

it('connects what leads clients to it, for such a gate alone', () => {
  const kubeconfig = (text: string): string =>
    text.replace(/^ {6}kind: kubernetes\n/m, (found) => `${found}      kubeconfig: nowhere\n`);
  const connect = (text: string) =>
    connectSystems(logNamed(loadConfiguration(written(text), {}), 'production'));
  // What is opened first is that of the installation: it names the file that is not there.
  expect(() => connect(kubeconfig(onKubernetes(...INSERTED)))).toThrow(/nowhere/);
  const systems = connect(exampleText.replace(/^ {4}tls:\n {6}caFile: tls\/ca.pem\n/m, ''));
  systems.trillian.close();
  expect(systems.insertion).toBeUndefined();
});
