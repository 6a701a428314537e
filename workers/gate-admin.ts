import type { LogConfiguration } from '../config/configuration';

/** The base URL at which this process reaches the admin interface of a gate, which may listen at another address. */
export function gateAdminUrl({ admin, adminAddress }: NonNullable<LogConfiguration['gate']>): string {
  return `http://${adminAddress ?? admin}`;
}
