import { ensureInstalled, type InstallOptions } from './debian-package';

/**
 * A Chromium, for tests that look at what a person sees. The one on PATH; on Debian, root installs it when it is missing,
 * which is said beforehand. Its version is not pinned: people have any. Ubuntu's package of the same name is no browser: it
 * fetches one from another place.
 *
 * @returns the path of the program.
 * @throws an error that says how to install one.
 */
export async function ensureChromium(options: InstallOptions): Promise<string> {
  return await ensureInstalled(
    {
      names: ['chromium', 'chromium-browser', 'google-chrome'],
      debianPackages: ['chromium'],
      neededBy: 'the test of the Temporal UI needs one of them',
      elsewhere: 'Elsewhere install Chromium or Chrome as your system does, then run the test again.',
    },
    options,
  );
}
