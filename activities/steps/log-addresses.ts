import type { Instance } from '../../workflows/model/log';
import type { LogSystems } from '../systems';
import type { LogAddress } from '../verification/target';

/** Where clients reach the log. */
export function publicAddress({ log, publicUrl }: LogSystems): LogAddress {
  return { url: publicUrl, field: `logs.${log}.publicUrl` };
}

/** Where one instance is reached. */
export function instanceAddress({ log }: LogSystems, { url, field = 'installation' }: Instance): LogAddress {
  return { url, field: `logs.${log}.${field}` };
}
