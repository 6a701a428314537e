import { database } from './database';
import { filePlace } from './file-place';
import type { FoundProgram } from '../../programs/found-program';
import { leftText, ownTrillian, type Left } from './own-trillian';
import { dividedAddress } from '../address';
import { called, listens } from './reach';
import type { FoundLog } from './search';
import { assumed, found, missing, type Line, type Section, type Setting } from '../settings';
import { timing } from '../timing';
import { trillianPlace } from '../trillian-place';
import { valueOf } from '../../programs/variables';

const AT = 'trillian_log_server';
const EXAMPLE = 'trillian.example.com:8090';

/** Trillian, as the Rekors call it and its own programs are started. */
export function trillian(log: FoundLog): Section {
  const [rekor] = log.programs.filter(({ program }) => program === 'rekor-server');
  const own = ownTrillian(log);
  const { servers, signers, left } = own;
  const address = rekor ? addressOf(rekor, log) : missing('address', EXAMPLE, 'no Rekor says it.');
  const isHere = servers.length > 0 && signers.length > 0;
  return {
    key: 'trillian',
    lines: [
      address,
      ...(rekor ? tlsOf(rekor) : []),
      ...metrics('logServerMetrics', servers, left, 'log server'),
      ...metrics('signerMetrics', signers, left, 'signer'),
      timing('signerInterval', 'sequencer_interval', '100ms', signers),
      timing('guardWindow', 'sequencer_guard_window', '0ms', signers),
      assumed(
        'clockDifference',
        '0ms',
        isHere
          ? 'its log servers and signers are on this host, with one clock. Say more where others are elsewhere.'
          : 'how far the clocks of its log servers and signers may be apart is not seen from here.',
      ),
      ...database(log, own),
    ],
  };
}

function addressOf(rekor: FoundProgram, log: FoundLog): Setting {
  const divided = trillianPlace(rekor);
  const config = rekor.flags.has('config') ? ' Its --config file may have them.' : '';
  if (!divided)
    return missing(
      'address',
      EXAMPLE,
      `--${AT}.address and --${AT}.port of ${rekor.where} are not known.${config}`,
    );
  const reached = called(rekor, divided.host, divided.port, log);
  return 'address' in reached
    ? found('address', reached.address, `--${AT}.address and --${AT}.port of ${rekor.where}.`)
    : missing('address', EXAMPLE, `${reached.reason}. The worker is on this host and needs an address here.`);
}

function tlsOf(rekor: FoundProgram): Line[] {
  const named = valueOf(rekor, `${AT}.tls_ca_cert`);
  if (named === undefined) {
    return valueOf(rekor, `${AT}.tls`) === 'true' ? [found('tls', {}, `--${AT}.tls.`)] : [];
  }
  const place = filePlace(rekor, named);
  const remark = `--${AT}.tls_ca_cert.`;
  return 'path' in place
    ? [{ key: 'tls', lines: [found('caFile', place.path, remark)] }]
    : [
        found('tls', {}, `--${AT}.tls.`),
        {
          beware: `${remark} It is ${named} inside of the container, and no file of the host is mounted there: give tls.caFile one.`,
        },
      ];
}

function metrics(
  key: 'logServerMetrics' | 'signerMetrics',
  all: readonly FoundProgram[],
  left: readonly Left[],
  what: string,
): Line[] {
  const example = ['http://trillian.example.com:8091/metrics'];
  const reached = all.map((program) => {
    const written = valueOf(program, 'http_endpoint') ?? 'localhost:8091';
    const divided = dividedAddress(written);
    return divided
      ? listens(program, divided.host, divided.port)
      : { reason: `--http_endpoint of ${program.where} shows no metrics` };
  });
  const urls = reached.flatMap((one) => ('address' in one ? [`http://${one.address}/metrics`] : []));
  const hidden = reached.flatMap((one) => ('reason' in one ? [one.reason] : []));
  if (urls.length === 0) {
    const name = key === 'signerMetrics' ? 'trillian_log_signer' : 'trillian_log_server';
    const ofName = left.filter(({ program }) => program.program === name);
    const unseen = ofName.length > 0 ? leftText(ofName) : `no ${what} was seen on this host.`;
    const reason = hidden.length > 0 ? `${hidden.join('; ')}.` : unseen;
    return [missing(key, example, `${reason} Name every ${what}.`)];
  }
  const remark = `--http_endpoint of ${all.map(({ where }) => where).join(', ')}. Add every ${what} that is elsewhere.`;
  return [...hidden.map((reason) => ({ beware: `${reason}.` })), assumed(key, urls, remark)];
}
