import type { Manifest } from '../api';
import { configurationText } from './configuration';
import { atHosts, hostsInside } from './services';
import type { LogShape } from './shape';
import type { Workload } from './workload';

/** What the gate and the worker are told, in the namespace of Rekor: one configuration, and the secrets that it names. */

const CONFIGURATION = 'rekor-rotate';
const SECRETS = 'rekor-rotate';

/** Keys of the Secret, which are the names of the files. */
const GATE_TOKEN = 'gate-token';
const DATABASE_PASSWORD = 'database-password';

const FOLDER = '/etc/rekor-rotate';
const SECRETS_FOLDER = `${FOLDER}-secrets`;

/** Where a container that mounts it finds the configuration. */
export const CONFIGURATION_FILE = `${FOLDER}/rekor-rotate.yaml`;

/** Where the worker shows its metrics in its pod. */
export const METRICS_PORT = 9_464;

export interface RotationSecrets {
  readonly gateToken: string;
  /** Of the user who reads the database, and not of Trillian's own. */
  readonly databasePassword: string;
}

export function rotationSettings(shape: LogShape, secrets: RotationSecrets): readonly Manifest[] {
  const { namespace } = shape.rekor;
  const text = configurationText(shape, {
    at: atHosts(hostsInside(shape)),
    metrics: `0.0.0.0:${METRICS_PORT}`,
    gateToken: `${SECRETS_FOLDER}/${GATE_TOKEN}`,
    databasePassword: `${SECRETS_FOLDER}/${DATABASE_PASSWORD}`,
  });
  return [
    {
      ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: CONFIGURATION } },
      data: { 'rekor-rotate.yaml': text },
    },
    {
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: SECRETS } },
      stringData: { [GATE_TOKEN]: secrets.gateToken, [DATABASE_PASSWORD]: secrets.databasePassword },
    },
  ];
}

type Volume = NonNullable<Workload['volumes']>[number];

export const configurationVolume: Volume = {
  ...{ name: 'configuration', mountPath: FOLDER, readOnly: true },
  source: { configMap: { name: CONFIGURATION } },
};

/** The token of the gate alone: nothing that serves clients needs the password of a database. */
export const gateSecretsVolume = secretsVolume(GATE_TOKEN);

export const workerSecretsVolume = secretsVolume(GATE_TOKEN, DATABASE_PASSWORD);

function secretsVolume(...keys: readonly string[]): Volume {
  const items = keys.map((key) => ({ key, path: key }));
  return {
    ...{ name: 'secrets', mountPath: SECRETS_FOLDER, readOnly: true },
    source: { secret: { secretName: SECRETS, defaultMode: 0o440, items } },
  };
}
