import type { FoundProgram } from '../../programs/found-program';
import { dividedAddress, joined } from '../address';
import type { Place } from '../trillian-place';
import { called } from './reach';
import type { FoundLog } from './search';

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
