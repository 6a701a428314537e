import { valueOf } from '../../programs/variables';
import { assumed, found, missing, type Line, type Setting } from '../settings';
import type { FoundLog } from './search';
import { serviceName, serviceUrl } from './services';

const HOSTNAME = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;
const FLAG = '--rekor_server.hostname';

/** Rekor takes each flag that is not given from a variable of this form (rekor: cmd/rekor-server/app/root.go, `AutomaticEnv`). */
const VARIABLE = 'REKOR_SERVER.HOSTNAME';

/** Where clients reach the log, and the name in its checkpoints, which is the nearest thing to that where nothing leads there. */
export function publicNames(log: FoundLog): Line[] {
  const { fronts, gate, rekor } = log;
  const told = valueOf(rekor, 'rekor_server.hostname') ?? rekor.variable(VARIABLE);
  const hostname = told !== undefined && HOSTNAME.test(told) ? told : undefined;
  const past = new Set(fronts.filter(({ isGate }) => !isGate).map(({ words }) => words));
  const isPast = past.size > 0 && gate !== undefined;
  return [
    ...(isPast
      ? [
          {
            beware: `${[...past].join(' and ')} leads to Rekor past the gate. Let it lead to the gate: docs/gate.md.`,
          },
        ]
      : []),
    publicUrl(log, hostname),
    hostname === undefined
      ? missing(
          'hostname',
          'rekor.example.com',
          `${rekor.where} has no ${FLAG}, so each of its pods signs checkpoints under its own name. Give it one that clients know.`,
        )
      : found('hostname', hostname, `${FLAG}, or its variable.`),
  ];
}

function publicUrl({ fronts, gate, service }: FoundLog, hostname: string | undefined): Setting {
  const question = 'Is it where clients reach the log?';
  const [front] = fronts;
  if (front !== undefined) {
    return assumed('publicUrl', front.url, `${front.words} leads to the log. ${question}`);
  }
  const services = [gate?.service, service].flatMap((one) => one ?? []);
  const own = services.find((one) => serviceName(one) === hostname);
  if (own !== undefined) return assumed('publicUrl', serviceUrl(own), `${FLAG} is that Service. ${question}`);
  return hostname === undefined
    ? missing(
        'publicUrl',
        'https://rekor.example.com',
        'no Ingress of this namespace leads to the log, and no Service has an address outside.',
      )
    : assumed('publicUrl', `https://${hostname}`, `from ${FLAG}. ${question}`);
}
