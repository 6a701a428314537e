import { OWN_IMAGE } from '../../lab/kubernetes/log/own-image';
import { REKOR_IMAGE } from '../../lab/kubernetes/log/images';

/** What a pod is told, and where it listens. */
export interface WaitingRekor {
  readonly name: string;
  readonly token: string;
  readonly attempt: string;
  readonly args: readonly string[];
}

export const LAUNCHER_PORT = 3_100;

/** A Deployment of one pod whose Rekor waits for an order: nobody in it is root, and it writes to its emptyDir alone. */
export function waitingRekor({ name, token, attempt, args }: WaitingRekor) {
  const labels = { app: name };
  const securityContext = {
    runAsNonRoot: true,
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
  };
  const shared = { securityContext, volumeMounts: [{ name: 'launcher', mountPath: '/launcher' }] };
  const environment = {
    LAUNCHER_TOKEN: token,
    LAUNCHER_ATTEMPT: attempt,
    LAUNCHER_STATE: '/launcher/wanted',
  };
  const install = {
    ...shared,
    ...{ name: 'install', image: OWN_IMAGE, imagePullPolicy: 'Never' },
    command: ['/app/launcher', 'install', '/launcher'],
  };
  const rekor = {
    ...shared,
    ...{ name: 'rekor', image: REKOR_IMAGE, imagePullPolicy: 'Never' },
    // Another user than the one that has installed the launcher.
    securityContext: { ...securityContext, runAsUser: 65_534 },
    command: ['/launcher/launcher', 'run', '--', 'rekor-server'],
    args,
    env: Object.entries(environment).map(([variable, value]) => ({ name: variable, value })),
  };
  return {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: 'default', name } },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          initContainers: [install],
          containers: [rekor],
          volumes: [{ name: 'launcher', emptyDir: {} }],
        },
      },
    },
  };
}
