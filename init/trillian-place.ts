import type { FoundProgram } from '../programs/found-program';
import { valueOf } from '../programs/variables';
import { dividedAddress, joined } from './address';

const AT = 'trillian_log_server';

/** A host and a port, as a program names them. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** Where a Rekor calls Trillian; undefined where that is not known. A `--config` file may have what no flag says. */
export function trillianPlace(rekor: Pick<FoundProgram, 'flags' | 'variable'>): Place | undefined {
  const said = (flag: string, byDefault: string): string | undefined =>
    rekor.flags.has(flag) ? valueOf(rekor, flag) : rekor.flags.has('config') ? undefined : byDefault;
  const [host, port] = [said(`${AT}.address`, '127.0.0.1'), said(`${AT}.port`, '8090')];
  if (host === undefined || port === undefined) return undefined;
  // A name may come with the resolver that gRPC is to ask.
  const plain = host.replace(/^(dns|passthrough):(\/\/[^/]*\/)?/, '');
  return dividedAddress(joined(plain.replaceAll(/[[\]]/g, ''), Number(port)));
}
