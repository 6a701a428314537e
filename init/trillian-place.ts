import type { FoundProgram } from '../programs/found-program';
import { called, dividedAddress, joined } from './reach';
import type { FoundLog } from './search';
import { valueOf } from '../programs/variables';

const AT = 'trillian_log_server';

/** A host and a port, as a program names them. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** Where a Rekor calls Trillian; undefined where that is not known. A `--config` file may have what no flag says. */
export function trillianPlace(rekor: FoundProgram): Place | undefined {
  const said = (flag: string, byDefault: string): string | undefined =>
    rekor.flags.has(flag) ? valueOf(rekor, flag) : rekor.flags.has('config') ? undefined : byDefault;
  const [host, port] = [said(`${AT}.address`, '127.0.0.1'), said(`${AT}.port`, '8090')];
  if (host === undefined || port === undefined) return undefined;
  // A name may come with the resolver that gRPC is to ask.
  const plain = host.replace(/^(dns|passthrough):(\/\/[^/]*\/)?/, '');
  return dividedAddress(joined(plain.replaceAll(/[[\]]/g, ''), Number(port)));
}

/** What a program calls, in one form for all programs of a host; that of a name inside of a network is that name. */
export function endpoint(program: FoundProgram, { host, port }: Place, log: FoundLog): string {
  // The network of a container that no file names is not known; it may be the host's.
  const reached =
    program.run.by === 'container' ? { address: joined(host, port) } : called(program, host, port, log);
  const place = 'address' in reached ? dividedAddress(reached.address) : undefined;
  if (place) return joined(log.hostNames.resolved(place.host), place.port);
  const [name = host] = log.programs.find(({ names }) => names.includes(host))?.names ?? [];
  return `inside ${joined(name, port)}`;
}
