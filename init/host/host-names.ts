import { isIP } from 'node:net';
import { join } from 'node:path';
import { textOf } from '../../programs/unit-files';

/** Which addresses and names are this host's own, by its files: hosts(5), hostname(5), proc(5). No name server is asked. */
export class HostNames {
  readonly #addresses: ReadonlyMap<string, string>;
  readonly #own: ReadonlySet<string>;

  /** @param root the folder that the host's file system is mounted at. */
  constructor(root = '/') {
    const text = (file: string): string => textOf(join(root, file)) ?? '';
    this.#addresses = new Map(hostsIn(text('etc/hosts')).toReversed());
    const routes = text('proc/net/fib_trie').matchAll(/\|-- ([\d.]+)\n\s+\/32 host LOCAL/g);
    const sixes = text('proc/net/if_inet6').matchAll(/^([0-9a-f]{32}) /gm);
    this.#own = new Set([
      text('etc/hostname').trim().toLowerCase(),
      ...[...routes].map(([, address = '']) => address),
      ...[...sixes].map(([, digits = '']) => (digits.match(/.{4}/g) ?? []).join(':')).map(sameForm),
    ]);
  }

  /** One form for all that is known to be the same: a name becomes its address, and each loopback address 127.0.0.1. */
  resolved(host: string): string {
    const plain = sameForm(host.toLowerCase().replace(/\.$/, ''));
    const address = this.#addresses.get(plain) ?? plain;
    return isLoopback(address) ? '127.0.0.1' : address;
  }

  /** Whether a host is this one; false also where that is not known. */
  isOwn(host: string): boolean {
    const address = this.resolved(host);
    return address === '127.0.0.1' || (address !== '' && this.#own.has(address));
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '0.0.0.0' || host === '::' || /^127\./.test(host);
}

function hostsIn(text: string): [string, string][] {
  return text.split('\n').flatMap((line): [string, string][] => {
    const [address = '', ...names] = line
      .replace(/#.*/, '')
      .split(/\s+/)
      .filter((word) => word !== '');
    return names.map((name) => [name.toLowerCase(), sameForm(address)]);
  });
}

/** An IPv6 address may be written in several ways; a URL has it in one. */
function sameForm(host: string): string {
  return isIP(host) === 6 && !host.includes('%') ? new URL(`http://[${host}]`).hostname.slice(1, -1) : host;
}
