import { valueOf } from '../../programs/variables';
import { dividedAddress, joined } from '../address';
import { assumed, found, missing, type Line, type Section, type Setting } from '../settings';
import { timing } from '../timing';
import type { ContainerProgram } from './container-program';
import { database } from './database';
import type { FoundTrillian } from './found-trillian';
import type { FoundLog } from './search';
import { serviceLeadingTo, serviceUrl } from './services';
import { replicasOf } from './workload';

const AT = 'trillian_log_server';
const EXAMPLE = 'trillian-log-server.trillian-system.svc';

/** Trillian, as Rekor calls it and its own workloads are started. */
export function trillian({ rekor, trillian: own }: FoundLog): Section {
  return {
    key: 'trillian',
    lines: [
      addressOf(rekor, own),
      ...tlsOf(rekor),
      ...metrics('logServerMetrics', own.servers, own, 'log server'),
      ...metrics('signerMetrics', own.signers, own, 'signer'),
      timing('signerInterval', 'sequencer_interval', '100ms', own.signers),
      timing('guardWindow', 'sequencer_guard_window', '0ms', own.signers),
      assumed(
        'clockDifference',
        '0ms',
        'how far the clocks of the nodes may be apart is not seen from here.',
      ),
      ...database(own),
    ],
  };
}

function addressOf(rekor: ContainerProgram, { place, address }: FoundTrillian): Setting {
  const flags = `--${AT}.address and --${AT}.port of ${rekor.where}`;
  const example = `${EXAMPLE}:8090`;
  if (place === undefined || address === undefined) {
    return missing('address', example, `${flags} are not known.`);
  }
  if ('reason' in address) {
    return missing('address', example, `Rekor calls ${joined(place.host, place.port)}; ${address.reason}.`);
  }
  const reached = joined(address.host, place.port);
  return address.isAssumed === true
    ? assumed('address', reached, `${flags}. Whether there is such a Service may not be read.`)
    : found('address', reached, `${flags}.`);
}

function tlsOf(rekor: ContainerProgram): Line[] {
  const file = valueOf(rekor, `${AT}.tls_ca_cert`);
  if (file === undefined && valueOf(rekor, `${AT}.tls`) !== 'true') return [];
  const own = found('tls', {}, `--${AT}.tls.`);
  return file === undefined
    ? [own]
    : [
        own,
        {
          beware: `Rekor trusts the authorities in its file ${file}, which no worker has. Mount it there too, and name it in tls.caFile.`,
        },
      ];
}

function metrics(
  key: 'logServerMetrics' | 'signerMetrics',
  programs: readonly ContainerProgram[],
  own: FoundTrillian,
  what: string,
): Line[] {
  const pages = programs.map((program) => pageOf(program, own));
  const urls = pages.flatMap((page) => ('url' in page ? [page.url] : []));
  const reasons = pages.flatMap((page) => ('reason' in page ? [page.reason] : []));
  if (urls.length === 0 || reasons.length > 0) {
    const seen = own.left.length > 0 ? ` Seen, and not taken: ${own.left.join('; ')}.` : '';
    const unseen = `${own.unseen ?? `no ${what} with the database of its log server was seen`}.${seen}`;
    const reason = reasons.length > 0 ? `${reasons.join('; ')}.` : unseen;
    const example = urls.length > 0 ? urls : [`http://${EXAMPLE}:8091/metrics`];
    return [missing(key, example, `${reason} Name the page of every ${what}.`)];
  }
  const wheres = programs.map(({ where }) => where).join(', ');
  return [found(key, urls, `--http_endpoint of ${wheres}, and the Service before it.`)];
}

/** The metrics of a program, or why they are not known: the end of a sentence. */
function pageOf(
  program: ContainerProgram,
  { services }: FoundTrillian,
): { readonly url: string } | { readonly reason: string } {
  const { where, workload } = program;
  const divided = dividedAddress(valueOf(program, 'http_endpoint') ?? 'localhost:8091');
  if (divided === undefined) return { reason: `--http_endpoint of ${where} shows no metrics` };
  if (/^(localhost|127\.|::1$)/.test(divided.host)) {
    return { reason: `--http_endpoint of ${where} is reached inside of its pod alone` };
  }
  const pods = replicasOf(workload);
  if (pods > 1) {
    return {
      reason: `${where} has ${pods} pods, and a Service shows the metrics of any one of them`,
    };
  }
  const service = serviceLeadingTo(services, program, divided.port);
  return service === undefined
    ? { reason: `no Service leads to port ${divided.port} of ${where}` }
    : { url: `${serviceUrl(service)}/metrics` };
}
