import { joined, dividedAddress } from '../address';
import { assumed, found, missing, type Line, type Section } from '../settings';
import { gateOfNextRelease } from './chart-gate';
import type { FoundGate, GateSettings } from './found-gate';
import type { FoundLog } from './search';
import { serviceName } from './services';

const PORTS = { clients: 3_000, admin: 3_100 } as const;
const FOLDER = '/var/lib/rekor-rotate';
const TOKEN = '/etc/rekor-rotate-secrets/gate-token';

/** The write gate: as its own configuration has it, or as one that is to be made. */
export function gate(log: string, { gate: own, namespace }: FoundLog): Section {
  if (own === undefined) {
    const { release, adminHost } = gateOfNextRelease(log);
    return {
      key: 'gate',
      remark: 'It is new, and stands before the Service of Rekor: docs/gate.md, docs/kubernetes.md.',
      lines: [
        {
          beware: `no gate runs in namespace ${namespace}, nor in that of a release of the Helm chart. Make it, and let clients reach the log there, before the first rotation. Or leave this section out: then the Service of Rekor leads clients, and some writes of a rotation fail (docs/kubernetes.md, Without a gate).`,
        },
        ...ofNew(),
        assumed(
          'adminAddress',
          joined(adminHost, PORTS.admin),
          `what the Helm chart will make of a release ${release} in namespace rekor-rotate: RELEASE-gate-admin.NAMESPACE.svc. Other names of yours change it, and so does a gate without the chart.`,
        ),
      ],
    };
  }
  const { settings } = own;
  return {
    key: 'gate',
    remark: `It is there: ${own.workload.words}${elsewhere(own, namespace)}.`,
    lines: [
      ...(own.log === undefined || own.log === log
        ? []
        : [
            {
              beware: `${own.workload.words} is started with --log ${own.log}. Call the log so here, or there.`,
            },
          ]),
      ...('reason' in settings ? ofUnknown(settings.reason) : ofKnown(settings)),
      adminAddressOf(own),
    ],
  };
}

function elsewhere({ workload }: FoundGate, namespace: string): string {
  return workload.namespace === namespace ? '' : ` of namespace ${workload.namespace}`;
}

function ofNew(): Line[] {
  return [
    assumed('listen', `0.0.0.0:${PORTS.clients}`, 'in its own pod.'),
    assumed('admin', `0.0.0.0:${PORTS.admin}`, 'the same. Keep it from the public.'),
    assumed(
      'token',
      { file: TOKEN },
      'make a Secret with this token, and mount it in gate and worker: openssl rand -hex 32.',
    ),
    ...places(),
  ];
}

function places(): Line[] {
  return [
    assumed('stateFile', `${FOLDER}/gate.json`, 'a volume of its pod is mounted there.'),
    assumed('spoolDirectory', `${FOLDER}/spool`, 'the same.'),
  ];
}

function ofUnknown(reason: string): Line[] {
  return [
    missing(
      'listen',
      `0.0.0.0:${PORTS.clients}`,
      `${reason}. It must be as there, and so must all that follows.`,
    ),
    missing('admin', `0.0.0.0:${PORTS.admin}`, 'the same.'),
    missing('token', { file: TOKEN }, 'the same.'),
    ...places(),
  ];
}

function ofKnown(settings: GateSettings): Line[] {
  const { configMap, listen, admin, stateFile, spoolDirectory, token } = settings;
  const remark = `ConfigMap ${configMap}.`;
  const [aStateFile, aSpool] = places();
  return [
    ...(listen === undefined ? [] : [found('listen', listen, remark)]),
    ...(admin === undefined ? [] : [found('admin', admin, '')]),
    token === undefined
      ? missing('token', { file: TOKEN }, `ConfigMap ${configMap} does not say where it stands.`)
      : assumed(
          'token',
          token,
          `as the gate has it, by ConfigMap ${configMap}. The worker needs it there, too.`,
        ),
    ...(stateFile === undefined ? [aStateFile] : [found('stateFile', stateFile, remark)]),
    ...(spoolDirectory === undefined ? [aSpool] : [found('spoolDirectory', spoolDirectory, '')]),
  ].flatMap((line) => line ?? []);
}

function adminAddressOf({ adminService, settings, workload }: FoundGate): Line {
  if (adminService !== undefined) {
    const address = joined(serviceName(adminService), adminService.port);
    return found('adminAddress', address, `Service ${adminService.name} before ${workload.words}.`);
  }
  const admin = 'reason' in settings ? undefined : dividedAddress(settings.admin ?? '')?.port;
  const example = `${workload.name}-admin.${workload.namespace}.svc:${admin ?? PORTS.admin}`;
  const reason =
    admin === undefined ? 'its port for orders is not known.' : `no Service leads to port ${admin} of it.`;
  return missing('adminAddress', example, reason);
}
