/** `HOST:PORT`; an IPv6 address gets its brackets. */
export function joined(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** A `HOST:PORT` as Go takes it, where the host may be left out. */
export function dividedAddress(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, host, port] = /^(\[[0-9a-fA-F:.]+\]|[\w.-]*):(\d{1,5})$/.exec(text) ?? [];
  const number = Number(port);
  if (host === undefined || number < 1 || number > 65535) return undefined;
  return { host: host.replaceAll(/[[\]]/g, ''), port: number };
}

/** Whether a program that listens there does so at each address of its host. */
export function isEveryAddress(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::';
}
