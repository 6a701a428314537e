import { parse } from 'yaml';
import { loadConfiguration } from '../../../config/load';
import type { InitialConfiguration } from '../../../init/initial-configuration';
import { initialConfiguration } from '../../../init/kubernetes/configuration';
import { problemsOf, written } from '../../config/example';
import { filledIn } from '../filled-in';
import { forbid, initOf, plantedCluster, searched, uproot } from './planted-cluster';
import * as shapes from './shapes';
import { PASSWORD, service, workload } from './shapes';

afterEach(uproot);

const UPSTREAM = { namespace: 'rekor-system' };
const CHART = { namespace: 'rekor' };

/** The one log of a configuration whose gaps are filled. */
function loaded({ yaml }: InitialConfiguration) {
  const { production } = loadConfiguration(written(filledIn(yaml)), {}).logs;
  if (!production) throw new Error('there is no log');
  return production;
}

const missingIn = ({ notes }: InitialConfiguration): readonly string[] =>
  notes.filter(({ kind }) => kind === 'missing').map(({ path }) => path.replace('logs.production.', ''));
const said = ({ notes }: InitialConfiguration, key: string): string =>
  notes
    .filter(({ path }) => path.endsWith(key))
    .map(({ kind, remark }) => `${kind}: ${remark}`)
    .join('\n');

/** As a person reads them: a remark goes on from one line to the next. */
const remarksOf = ({ yaml }: InitialConfiguration): string => yaml.replaceAll(/\n *# /g, ' ');

const rotatable = [
  ['upstream', shapes.upstream, UPSTREAM],
  ['helmChart', shapes.helmChart, CHART],
] as const;

describe.each(rotatable)('a log as %s installs it', (_, shape, wanted) => {
  it('has a configuration once what is missing is filled in', async () => {
    const initial = await initOf(await plantedCluster(shape()), wanted);
    expect(problemsOf(written(filledIn(initial.yaml)))).toEqual([]);
  });

  it('has none before, and what is wrong is what is said to be missing', async () => {
    const initial = await initOf(await plantedCluster(shape()), wanted);
    const missing = initial.notes.filter(({ kind }) => kind === 'missing').map(({ path }) => path);
    const problems = problemsOf(written(initial.yaml)).map(({ path }) => path);
    expect(problems.filter((path) => !missing.includes(path))).toEqual([]);
  });

  it('is read without a Secret, and nothing is changed', async () => {
    const planted = await plantedCluster(shape());
    const initial = await initOf(planted, wanted);
    const { received } = planted.server;
    expect(received.filter(({ path }) => path.includes('secrets'))).toEqual([]);
    expect(new Set(received.map(({ method }) => method))).toEqual(new Set(['GET']));
    expect(JSON.stringify(initial)).not.toContain(PASSWORD);
  });
});

describe('what is found', () => {
  it("of Rekor's own manifest, with a Trillian beside it", async () => {
    const initial = await initOf(await plantedCluster(shapes.upstream()), UPSTREAM);
    expect(missingIn(initial)).toEqual(['temporal', 'hostname', 'installation.launcherImage']);
    expect(remarksOf(initial)).toContain(
      "Its layout is Rekor's own manifest, config/rekor.yaml: its label app is",
    );
    expect(loaded(initial)).toMatchObject({
      publicUrl: 'http://198.18.0.7',
      trillian: {
        address: 'trillian-server.rekor-system.svc:8090',
        logServerMetrics: ['http://trillian-server.rekor-system.svc/metrics'],
        signerMetrics: ['http://trillian-signer.rekor-system.svc/metrics'],
        signerIntervalMs: 250,
        database: { kind: 'mysql', host: 'mysql.rekor-system.svc', port: 3307, database: 'trillian_prod' },
      },
      gate: {
        ...{ listen: '0.0.0.0:3000', admin: '0.0.0.0:3100' },
        adminAddress: 'production-gate-admin.rekor-rotate.svc:3100',
      },
      installation: {
        ...{ kind: 'kubernetes', namespace: 'rekor-system', deployment: 'rekor-server' },
        ...{ service: 'rekor-server', entrypoint: ['/ko-app/rekor-server'] },
      },
    });
    expect(said(initial, 'production.gate')).toContain('beware: no gate runs in namespace rekor-system');
    expect(said(initial, 'gate.adminAddress')).toMatch(
      /^assumed: what the Helm chart will make .*RELEASE-gate-admin\.NAMESPACE\.svc/,
    );
  });

  it("of Sigstore's charts, with a gate whose own configuration is read", async () => {
    const initial = await initOf(await plantedCluster(shapes.helmChart()), CHART);
    expect(missingIn(initial)).toEqual([
      ...['temporal', 'trillian.database.host', 'trillian.database.port', 'trillian.database.database'],
    ]);
    expect(said(initial, 'database.host')).toContain('out of a Secret, which is not read');
    expect(parse(initial.yaml)).toMatchObject({ metrics: '0.0.0.0:9464' });
    expect(remarksOf(initial)).toContain("Its layout is Sigstore's Helm chart rekor-1.8.4");
    expect(loaded(initial)).toMatchObject({
      ...{ publicUrl: 'https://rekor.example.com', hostname: 'rekor.example.com' },
      trillian: {
        address: 'trillian-logserver.trillian-system.svc:8091',
        logServerMetrics: ['http://trillian-logserver.trillian-system.svc:8090/metrics'],
        signerMetrics: ['http://trillian-logsigner.trillian-system.svc:8090/metrics'],
        ...{ signerIntervalMs: 100, guardWindowMs: 0 },
      },
      gate: {
        ...{ listen: '0.0.0.0:3000', admin: '0.0.0.0:3100', adminAddress: 'rekor-gate-admin.rekor.svc:3100' },
        stateFile: '/state/gate.json',
      },
      installation: { launcherImage: 'registry.example.com/rotation:7' },
    });
    expect(initial.yaml).toContain('token: {file: /secrets/gate-token}');
  });

  it('of the name in checkpoints, by a variable where no flag gives it', async () => {
    const text = JSON.stringify(shapes.upstream()).replace(
      '"env":[{"name":"KMS"',
      '"env":[{"name":"REKOR_SERVER.HOSTNAME","value":"rekor.example.org"},{"name":"KMS"',
    );
    const objects = JSON.parse(text) as ReturnType<typeof shapes.upstream>;
    const initial = await initOf(await plantedCluster(objects), UPSTREAM);
    expect(loaded(initial).hostname).toBe('rekor.example.org');
    expect(missingIn(initial)).not.toContain('hostname');
  });

  it('of a way to the cluster, for a worker that goes it, too', async () => {
    const planted = await plantedCluster(shapes.upstream());
    const access = { kubeconfig: '/etc/kube/config', context: 'test' };
    const initial = initialConfiguration('production', await searched(planted, UPSTREAM), access);
    expect(loaded(initial).installation).toMatchObject(access);
  });
});

describe('a release of our own chart', () => {
  const inOwn = { namespace: 'rotation', rekor: 'rekor-system' };

  it('has the gate, though it is in another namespace', async () => {
    const objects = [...shapes.upstream(), ...shapes.release('blue', 'production', inOwn)];
    const initial = await initOf(await plantedCluster(objects), UPSTREAM);
    expect(missingIn(initial)).toEqual(['temporal', 'hostname']);
    expect(loaded(initial)).toMatchObject({
      gate: {
        ...{ listen: '0.0.0.0:3000', admin: '0.0.0.0:3200' },
        adminAddress: 'blue-gate-admin.rotation.svc:3200',
      },
      installation: { launcherImage: 'registry.example.com/rekor-rotate:9' },
    });
    expect(remarksOf(initial)).toContain('It is there: StatefulSet blue-gate of namespace rotation.');
    expect(said(initial, 'production.gate')).not.toContain('beware');
  });

  it('in the namespace of Rekor is found there, and nobody is asked for its binding', async () => {
    const here = { namespace: 'rekor-system', rekor: 'rekor-system' };
    const objects = [...shapes.upstream(), ...shapes.release('blue', 'production', here)];
    const planted = await plantedCluster(objects);
    const initial = await initOf(planted, UPSTREAM);
    expect(loaded(initial).gate).toMatchObject({ adminAddress: 'blue-gate-admin.rekor-system.svc:3200' });
    expect(planted.server.received.filter(({ path }) => path.includes('rolebindings'))).toEqual([]);
  });

  it('has an Ingress in its own namespace, which is where clients reach the log', async () => {
    const release = shapes.release('blue', 'production', inOwn);
    const own = shapes.ingress('rotation', 'rekor.example.com', 'blue-gate', [
      { hosts: ['rekor.example.com'] },
    ]);
    const other = shapes.ingress('rotation', 'other.example.com', 'rekor-server', []);
    const initial = await initOf(
      await plantedCluster([...shapes.upstream(), ...release, own, other]),
      UPSTREAM,
    );
    expect(loaded(initial).publicUrl).toBe('https://rekor.example.com');
    expect(initial.yaml).not.toContain('other.example.com');
  });

  it('of several logs is told from that of another by its log, and else by where its gate sends', async () => {
    const releases = [
      ...shapes.release('a', 'staging', { ...inOwn, namespace: 'first' }),
      ...shapes.release('b', 'production', { ...inOwn, namespace: 'second' }),
    ];
    const elsewhere = JSON.parse(
      JSON.stringify(releases).replaceAll('rekor-server.rekor-system.svc', 'other.rekor-system.svc'),
    ) as typeof releases;
    const both = await initOf(await plantedCluster([...shapes.upstream(), ...elsewhere]), UPSTREAM);
    expect(loaded(both).gate).toMatchObject({ adminAddress: 'b-gate-admin.second.svc:3200' });

    const onlyOther = elsewhere.filter(({ metadata }) => !metadata.name.startsWith('b-'));
    const none = await initOf(await plantedCluster([...shapes.upstream(), ...onlyOther]), UPSTREAM);
    expect(said(none, 'production.gate')).toContain('no gate runs in namespace rekor-system');

    const renamed = releases.filter(({ metadata }) => metadata.name.startsWith('a-'));
    const named = await initOf(await plantedCluster([...shapes.upstream(), ...renamed]), UPSTREAM);
    expect(said(named, 'production.gate')).toContain('is started with --log staging');
  });

  it('that may not be seen is said to be that, with the verb and the resource', async () => {
    const planted = await plantedCluster([
      ...shapes.upstream(),
      ...shapes.release('blue', 'production', inOwn),
    ]);
    forbid(planted, /rolebindings/);
    const initial = await initOf(planted, UPSTREAM);
    expect(said(initial, 'production.installation')).toContain(
      'list rolebindings.rbac.authorization.k8s.io of rekor-system',
    );
  });
});

describe('what is not found', () => {
  /** The objects without some, by their kinds and names. */
  const without = (objects: ReturnType<typeof shapes.upstream>, ...names: readonly string[]) =>
    objects.filter(({ kind, metadata }) => !names.includes(`${kind} ${metadata.name}`));

  it('is the Trillian behind a Service that is not there, or is outside', async () => {
    const planted = await plantedCluster(without(shapes.upstream(), 'Service trillian-server'));
    const initial = await initOf(planted, UPSTREAM);
    expect(said(initial, 'trillian.address')).toBe(
      'missing: Rekor calls trillian-server:8090; namespace rekor-system has no Service trillian-server.',
    );
    const outside = await plantedCluster(without(shapes.helmChart(), 'Service trillian-logserver'));
    const { trillian } = loaded(await initOf(outside, CHART));
    expect(trillian.address).toBe('trillian-logserver.trillian-system:8091');
  });

  it.each([
    ['no Service leads to port 8092', without(shapes.upstream(), 'Service trillian-signer')],
    [
      'no signer with the database of its log server was seen',
      without(shapes.upstream(), 'Deployment trillian-signer'),
    ],
  ])('are metrics of the signer: %s', async (reason, objects) => {
    const initial = await initOf(await plantedCluster(objects), UPSTREAM);
    expect(missingIn(initial)).toContain('trillian.signerMetrics');
    expect(said(initial, 'signerMetrics')).toContain(reason);
  });

  it('are metrics of several pods behind one Service, which show any one of them', async () => {
    const objects = shapes
      .upstream()
      .map((object) =>
        object.metadata.name === 'trillian-server' && object.kind === 'Deployment'
          ? { ...object, spec: { ...(object['spec'] as object), replicas: 3 } }
          : object,
      );
    const initial = await initOf(await plantedCluster(objects), UPSTREAM);
    expect(said(initial, 'logServerMetrics')).toContain('Deployment trillian-server has 3 pods');
  });

  it('is a signer of another database, which is named', async () => {
    const labels = { app: 'other-signer' };
    const container = {
      ...{ name: 'signer', image: 'x' },
      args: ['--mysql_uri=a:b@tcp(c:1)/d', '--force_master'],
    };
    const other = workload('Deployment', { ...UPSTREAM, name: 'other-signer' }, { labels, container });
    const objects = [...without(shapes.upstream(), 'Deployment trillian-signer'), other];
    const initial = await initOf(await plantedCluster(objects), UPSTREAM);
    expect(said(initial, 'signerMetrics')).toContain('Seen, and not taken: Deployment other-signer');
  });

  it('is what an image runs that is not that of Sigstore', async () => {
    const text = JSON.stringify(shapes.upstream()).replace(
      'gcr.io/projectsigstore/rekor-server',
      'mine/rekor',
    );
    const objects = JSON.parse(text) as ReturnType<typeof shapes.upstream>;
    const initial = await initOf(await plantedCluster(objects), UPSTREAM);
    expect(missingIn(initial)).toContain('installation.entrypoint');
    expect(said(initial, 'entrypoint')).toContain('mine/rekor:v1.5.4');
  });

  it('is a signer whose database another Secret says in the same words', async () => {
    const objects = shapes.helmChart().map((object) => {
      const isSigner = object.kind === 'Deployment' && object.metadata.name === 'trillian-logsigner';
      const text = JSON.stringify(object);
      return JSON.parse(isSigner ? text.replaceAll('"trillian-mysql"', '"other"') : text) as typeof object;
    });
    const initial = await initOf(await plantedCluster(objects), CHART);
    expect(missingIn(initial)).toContain('trillian.signerMetrics');
    expect(said(initial, 'signerMetrics')).toContain('Seen, and not taken: Deployment trillian-logsigner');
  });

  it('is no Service that selects nothing, and one without an address only where there is no other', async () => {
    const bare = service('rekor-system', 'bare', {}, { 80: 3_000 });
    const real = service('rekor-system', 'real', { app: 'rekor-server' }, { 8080: 3_000 });
    const objects = without(shapes.upstream(), 'Service rekor-server');
    const ofBare = await initOf(await plantedCluster([...objects, bare]), UPSTREAM);
    expect(missingIn(ofBare)).toContain('installation.service');
    const spec = { clusterIP: 'None' };
    const headless = service(
      'rekor-system',
      'rekor-server',
      { app: 'rekor-server' },
      { 80: 3_000 },
      { spec },
    );
    const alone = await initOf(await plantedCluster([...objects, headless]), UPSTREAM);
    expect(loaded(alone).installation).toMatchObject({ service: 'rekor-server' });
    const both = await initOf(await plantedCluster([...objects, headless, real]), UPSTREAM);
    expect(loaded(both).installation).toMatchObject({ service: 'real' });
  });

  it('is a Service before Rekor, and of two it is said which was taken', async () => {
    const none = await initOf(
      await plantedCluster(without(shapes.upstream(), 'Service rekor-server')),
      UPSTREAM,
    );
    expect(said(none, 'installation.service')).toContain('missing: no Service of the namespace leads to');
    const second = service('rekor-system', 'a-second', { app: 'rekor-server' }, { 8080: 3_000 });
    const headless = service(
      'rekor-system',
      'a-third',
      { app: 'rekor-server' },
      { 80: 3_000 },
      {
        spec: { clusterIP: 'None' },
      },
    );
    const metrics = service('rekor-system', 'metrics', { app: 'rekor-server' }, { 2112: 2_112 });
    const several = await initOf(
      await plantedCluster([...shapes.upstream(), second, headless, metrics]),
      UPSTREAM,
    );
    expect(loaded(several).installation).toMatchObject({ service: 'rekor-server' });
    expect(said(several, 'installation.service')).toContain('and so do a-second, a-third.');
  });
});

describe('what is to beware of', () => {
  it('is an Ingress that leads past the gate', async () => {
    const past = shapes.ingress('rekor', 'old.example.com', 'rekor-server', []);
    const initial = await initOf(await plantedCluster([...shapes.helmChart(), past]), CHART);
    expect(loaded(initial).publicUrl).toBe('https://rekor.example.com');
    expect(said(initial, 'logs.production')).toContain(
      'Ingress rekor-server-in leads to Rekor past the gate',
    );
  });

  it('is a Deployment that no rotation can copy, in the words of its refusal', async () => {
    const text = JSON.stringify(shapes.upstream()).replace('--trillian_log_server.sharding_config=', '--x=');
    const objects = JSON.parse(text) as ReturnType<typeof shapes.upstream>;
    const initial = await initOf(await plantedCluster(objects), UPSTREAM);
    expect(said(initial, 'production.installation')).toContain(
      'its Rekor has no --trillian_log_server.sharding_config',
    );
  });

  it('is the copy of a rotation that goes on, which is taken for no second Rekor', async () => {
    const labels = { 'rekor-rotate/slot': 'next' };
    const container = shapes.rekorContainer(shapes.rekorArgs(shapes.OTHER_TREE));
    const copy = workload('Deployment', { ...UPSTREAM, name: 'rekor-server-next' }, { labels, container });
    const initial = await initOf(await plantedCluster([...shapes.upstream(), copy]), UPSTREAM);
    expect(said(initial, 'production.installation')).toContain(
      'Deployment rekor-server-next is the copy of a rotation that runs or was interrupted',
    );
  });

  it('is what may not be seen, with the verb and the resource', async () => {
    const planted = await plantedCluster(shapes.helmChart());
    forbid(planted, /statefulsets|trillian-system/);
    const initial = await initOf(planted, CHART);
    const denied = said(initial, 'production.installation');
    expect(denied).toContain('list statefulsets.apps of rekor');
    expect(denied).toContain('list deployments.apps of trillian-system');
    expect(said(initial, 'signerMetrics')).toContain(
      'Deployments of namespace trillian-system may not be listed',
    );
    // Two labels may be a host of the world outside, and are right in any pod.
    expect(said(initial, 'trillian.address')).toContain('Whether there is such a Service may not be read.');
    expect(loaded(initial).trillian.address).toBe('trillian-logserver.trillian-system:8091');
  });

  it('is a gate that is started for a log of another name, or whose configuration may not be read', async () => {
    const text = JSON.stringify(shapes.helmChart()).replace('--log=production', '--log=staging');
    const objects = JSON.parse(text) as ReturnType<typeof shapes.helmChart>;
    const initial = await initOf(await plantedCluster(objects), CHART);
    expect(said(initial, 'production.gate')).toContain('is started with --log staging');
    expect(said(initial, 'gate.listen')).toContain('ConfigMap rekor-rotate has no gate of the log staging');
    const planted = await plantedCluster(shapes.helmChart());
    forbid(planted, /configmaps\/rekor-rotate$/);
    expect(said(await initOf(planted, CHART), 'gate.listen')).toContain(
      'ConfigMap rekor-rotate, with its configuration, may not be read',
    );
  });
});
