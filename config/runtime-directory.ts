import path from 'node:path';
import type { Environment } from './environment';

/**
 * Where this process may keep what is good for as long as the host runs: RUNTIME_DIRECTORY, as systemd sets it (systemd.exec(5),
 * RuntimeDirectory=), the first one of several. It counts only when it is absolute.
 */
export function runtimeDirectory(environment: Environment = process.env): string | undefined {
  const [first = ''] = (environment['RUNTIME_DIRECTORY'] ?? '').split(':');
  return path.isAbsolute(first) ? first : undefined;
}
