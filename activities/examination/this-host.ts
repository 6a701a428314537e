import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Whether an address is one of this host, as far as it tells so itself: a DNS name is looked up nowhere. */
export function isOfThisHost(hostname: string): boolean {
  const plain = hostname.replaceAll(/[[\]]/g, '');
  if (plain === 'localhost' || plain.startsWith('127.')) return true;
  const own = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  return isIP(plain) !== 0 && own.some(({ address }) => address === plain);
}
