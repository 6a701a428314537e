import { join } from 'node:path';
import type { Binaries } from '../../../tools/binaries';
import { ensureDebianFiles } from '../../../tools/debian-files';
import { postgresqlFolder } from '../../../tools/postgresql';
import type { StaticImage } from '../image';

/** The images of a log: of programs that the lab builds or has, so that no registry is asked. */

const named = (name: string): string => `localhost/rekor-rotate-lab/${name}:lab`;

export const DATABASE_IMAGE = named('postgresql');
export const LOG_SERVER_IMAGE = named('trillian-log-server');
export const LOG_SIGNER_IMAGE = named('trillian-log-signer');
export const REKOR_IMAGE = named('rekor-server');
export const TEMPORAL_IMAGE = named('temporal');

/** Where the database's image has PostgreSQL. */
const POSTGRESQL = '/usr/lib/postgresql';

/** What programs of Debian that are no static ones need to run. */
export async function debianRoot(report: (line: string) => void): Promise<string> {
  return await ensureDebianFiles(
    {
      name: 'root',
      packages: ['base-files', 'libc6', 'libgcc-s1', 'libstdc++6', 'busybox-static'],
      size: '6 MB',
      neededBy: 'The images of the lab need the C library and a shell of Debian.',
    },
    { report },
  );
}

/** All images of a log but ours. */
export async function logImages(
  binaries: Binaries,
  report: (line: string) => void,
): Promise<readonly StaticImage[]> {
  const alone = (name: string, program: string): StaticImage => {
    const inside = program.split('/').at(-1) ?? '';
    return { name, files: { [`/usr/bin/${inside}`]: program }, entrypoint: [inside] };
  };
  return [
    {
      name: DATABASE_IMAGE,
      folders: { '/': await debianRoot(report), [POSTGRESQL]: postgresqlFolder() },
      files: { '/usr/bin/database.sh': join(__dirname, 'database.sh') },
      links: { '/bin/sh': 'busybox', '/bin/rm': 'busybox' },
      path: `${POSTGRESQL}/bin:/usr/bin:/bin`,
      entrypoint: ['sh', '/usr/bin/database.sh'],
    },
    alone(LOG_SERVER_IMAGE, binaries.trillianLogServer),
    alone(LOG_SIGNER_IMAGE, binaries.trillianLogSigner),
    alone(REKOR_IMAGE, binaries.rekorServer),
    alone(TEMPORAL_IMAGE, binaries.temporal),
  ];
}
