import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { configurationText } from '../../lab/kubernetes/log/configuration';
import { OWN_IMAGE } from '../../lab/kubernetes/log/own-image';
import { atHosts, hostsInside } from '../../lab/kubernetes/log/services';
import type { LogShape } from '../../lab/kubernetes/log/shape';
import { labLog } from '../../lab/configuration';

/** Our own chart, for a log of the lab. */

export const CHART = join(__dirname, '../../deploy/helm/rekor-rotate');

/** The names of the release, of its namespace, and of the Secret that is there before it. */
export const RELEASE = 'production';
export const NAMESPACE = 'rekor-rotate';
export const SECRET = 'rekor-rotate';

const SECRETS = '/etc/rekor-rotate-secrets';

/** `rekor-rotate.yaml` for the pods of the release. */
export function chartConfiguration(shape: LogShape): string {
  return configurationText(shape, {
    at: atHosts({
      ...hostsInside(shape),
      gate: `${RELEASE}-gate.${NAMESPACE}.svc`,
      gateAdmin: `${RELEASE}-gate-admin.${NAMESPACE}.svc`,
    }),
    gateToken: `${SECRETS}/gate-token`,
    databasePassword: `${SECRETS}/database-password`,
  });
}

/** The same configuration for several gates. */
export function severalGates(text: string, gates: number): string {
  const configuration = parse(text) as { logs: Record<string, { gate: { adminAddress?: string } & object }> };
  const members = Array.from(
    { length: gates },
    (_, position) => `${RELEASE}-gate-${position}.${RELEASE}-gate-members.${NAMESPACE}.svc:3100`,
  );
  for (const { gate } of Object.values(configuration.logs)) {
    delete gate.adminAddress;
    Object.assign(gate, { members });
  }
  return stringify(configuration);
}

/** What else the chart must be told of a log whose list and tree are in these objects. */
export function chartValues(
  { rekor }: LogShape,
  places: {
    readonly list?: { readonly name: string };
    readonly tree?: { readonly configMap: string };
    readonly operator?: { readonly securesign?: string; readonly rekor: string };
  },
) {
  const [repository = '', tag = ''] = OWN_IMAGE.split(/:(?=[^:]*$)/);
  const file = (name: string) => ({ secret: SECRET, key: name, file: name });
  return {
    image: { repository, tag, pullPolicy: 'Never' },
    log: labLog,
    secrets: { shared: [file('gate-token')], worker: [file('database-password')] },
    rekor: { ...rekor, ...places },
  };
}
