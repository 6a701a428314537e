import { joined, dividedAddress } from '../address';
import { assumed, found, missing, type Line, type Section } from '../settings';
import type { FoundGate, GateSettings } from './found-gate';
import type { FoundLog } from './search';
import { serviceName } from './services';

const PORTS = { clients: 3_000, admin: 3_100 } as const;
const TOKEN = '/etc/rekor-rotate-secrets/gate-token';

/** The write gate: as its own configuration has it, or as one that is to be made. */
export function gate(log: string, { gate: own, namespace }: FoundLog): Section {
  if (own === undefined) {
    return {
      key: 'gate',
      remark: 'It is new, and stands before the Service of Rekor: docs/gate.md, docs/kubernetes.md.',
      lines: [
        {
          beware: `no gate runs in namespace ${namespace}. Make it, and let clients reach the log there, before the first rotation. Or leave this section out: then the Service of Rekor leads clients, and some writes of a rotation fail (docs/kubernetes.md, Without a gate).`,
        },
        ...ofNew(log),
        missing(
          'adminAddress',
          `rekor-gate-admin.${namespace}.svc:${PORTS.admin}`,
          'make a Service before its port for orders.',
        ),
      ],
    };
  }
  const { settings } = own;
  return {
    key: 'gate',
    remark: `It is there: ${own.workload.words}.`,
    lines: [
      ...(own.log === undefined || own.log === log
        ? []
        : [
            {
              beware: `${own.workload.words} is started with --log ${own.log}. Call the log so here, or there.`,
            },
          ]),
      ...('reason' in settings ? ofUnknown(log, settings.reason) : ofKnown(log, settings)),
      adminAddressOf(own, namespace),
    ],
  };
}

function ofNew(log: string): Line[] {
  return [
    assumed('listen', `0.0.0.0:${PORTS.clients}`, 'in its own pod.'),
    assumed('admin', `0.0.0.0:${PORTS.admin}`, 'the same. Keep it from the public.'),
    assumed(
      'token',
      { file: TOKEN },
      'make a Secret with this token, and mount it in gate and worker: openssl rand -hex 32.',
    ),
    ...placesOf(log),
  ];
}

function placesOf(log: string): Line[] {
  const folder = `/var/lib/rekor-rotate/${log}`;
  return [
    assumed('stateFile', `${folder}/gate.json`, 'mount a volume of its pod there.'),
    assumed('spoolDirectory', `${folder}/spool`, 'the same.'),
  ];
}

function ofUnknown(log: string, reason: string): Line[] {
  return [
    missing(
      'listen',
      `0.0.0.0:${PORTS.clients}`,
      `${reason}. It must be as there, and so must all that follows.`,
    ),
    missing('admin', `0.0.0.0:${PORTS.admin}`, 'the same.'),
    missing('token', { file: TOKEN }, 'the same.'),
    ...placesOf(log),
  ];
}

function ofKnown(log: string, settings: GateSettings): Line[] {
  const { configMap, listen, admin, stateFile, spoolDirectory, token } = settings;
  const remark = `ConfigMap ${configMap}.`;
  const [aStateFile, aSpool] = placesOf(log);
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

function adminAddressOf({ adminService, settings, workload }: FoundGate, namespace: string): Line {
  if (adminService !== undefined) {
    const address = joined(serviceName(adminService), adminService.port);
    return found('adminAddress', address, `Service ${adminService.name} before ${workload.words}.`);
  }
  const admin = 'reason' in settings ? undefined : dividedAddress(settings.admin ?? '')?.port;
  const example = `rekor-gate-admin.${namespace}.svc:${admin ?? PORTS.admin}`;
  const reason =
    admin === undefined ? 'its port for orders is not known.' : `no Service leads to port ${admin} of it.`;
  return missing('adminAddress', example, reason);
}
