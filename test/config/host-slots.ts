import type { InstallationConfiguration } from '../../config/configuration';

type OnHost = Extract<InstallationConfiguration, { kind: 'host' }>;

/** What is configured of a log on a host. */
export function onHost(installation: InstallationConfiguration | undefined): OnHost {
  if (installation?.kind !== 'host') throw new Error(`It is of the kind ${installation?.kind ?? 'none'}.`);
  return installation;
}
