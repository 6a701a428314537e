import type { LogConfiguration } from '../config/configuration';

/** The base URLs at which this process reaches the admin interfaces of the gates of a log. */
export function gateAdminUrls({
  admin,
  adminAddress,
  members,
}: NonNullable<LogConfiguration['gate']>): readonly string[] {
  return (members ?? [adminAddress ?? admin]).map((address) => `http://${address}`);
}
