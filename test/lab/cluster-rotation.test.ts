import { parse } from 'yaml';
import type { Manifest } from '../../lab/kubernetes/api';
import { configurationText } from '../../lab/kubernetes/log/configuration';
import { gateManifests } from '../../lab/kubernetes/log/gate';
import { atHosts, hostsInside, servicesOf } from '../../lab/kubernetes/log/services';
import { rotationSettings } from '../../lab/kubernetes/log/settings';
import { shapeNames, shapes } from '../../lab/kubernetes/log/shapes';
import { workerManifests } from '../../lab/kubernetes/log/worker';
import { problemsOf, written } from '../config/example';

const secrets = { gateToken: 'token-of-the-gate', databasePassword: 'password-of-the-database' };

interface PodVolumes {
  readonly template: {
    readonly spec: {
      readonly volumes: readonly {
        readonly secret?: { readonly items: readonly { readonly key: string }[] };
      }[];
    };
  };
}

/** The keys of Secrets that the pods of a Deployment have. */
function secretsIn(manifests: readonly Manifest[]): readonly string[] {
  const deployments = manifests.filter(({ kind }) => kind === 'Deployment');
  const volumes = deployments.flatMap(({ spec }) => (spec as PodVolumes).template.spec.volumes);
  return volumes.flatMap(({ secret }) => (secret?.items ?? []).map(({ key }) => key));
}

describe.each(shapeNames)('the gate and the worker of a lab in the shape %s', (name) => {
  const shape = shapes[name];

  it('read one configuration, which tells commands on this machine the same by other ways', () => {
    const [configuration] = rotationSettings(shape, secrets);
    const { 'rekor-rotate.yaml': inside = '' } = configuration?.['data'] as Record<string, string>;
    const hosts = hostsInside(shape);
    const outside = configurationText(shape, {
      at: atHosts({ ...hosts, temporal: '198.19.0.7' }),
      gateToken: '/lab/gate-token',
      databasePassword: '/lab/database-password',
      access: { kubeconfig: '/lab/kubeconfig' },
    });

    expect(problemsOf(written(inside))).toEqual([]);
    expect(problemsOf(written(outside))).toEqual([]);
    expect(outside).toContain('address: 198.19.0.7:7233\n');
    const sameWays = outside
      .replace('198.19.0.7', hosts.temporal)
      .replaceAll('/lab/', '/etc/rekor-rotate-secrets/')
      .replace(/ +kubeconfig: .*\n/, '');
    expect(parse(inside)).toEqual({ metrics: '0.0.0.0:9464', ...(parse(sameWays) as object) });
  });

  it('find every Service by a name that is good in each namespace', () => {
    const { namespace, logServer } = shape.trillian;
    expect(hostsInside(shape)).toMatchObject({
      gate: 'rekor-gate.rekor-system.svc',
      logServer: `${logServer}.${namespace}.svc`,
    });
    expect(Object.keys(hostsInside(shape))).toEqual(Object.keys(servicesOf(shape)));
  });

  it('have the secrets that each needs, which stand in no ConfigMap and no argument (H28)', () => {
    const [configuration, secret, ...others] = rotationSettings(shape, secrets);
    expect(others).toEqual([]);
    expect(secret?.['stringData']).toEqual({
      'gate-token': secrets.gateToken,
      'database-password': secrets.databasePassword,
    });
    expect(secretsIn(gateManifests(shape))).toEqual(['gate-token']);
    expect(secretsIn(workerManifests(shape))).toEqual(['gate-token', 'database-password']);
    const shown = JSON.stringify([configuration, gateManifests(shape), workerManifests(shape)]);
    expect(shown).not.toContain(secrets.gateToken);
    expect(shown).not.toContain(secrets.databasePassword);
  });
});
