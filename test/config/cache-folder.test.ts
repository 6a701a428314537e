import { homedir } from 'node:os';
import { cacheFolder } from '../../config/cache-folder';

it.each([
  [{ XDG_CACHE_HOME: '/var/cache/me' }, 'linux', '/var/cache/me/rekor-rotate'],
  [{ XDG_CACHE_HOME: 'relative' }, 'linux', `${homedir()}/.cache/rekor-rotate`],
  [{}, 'linux', `${homedir()}/.cache/rekor-rotate`],
  [{}, 'darwin', `${homedir()}/Library/Caches/rekor-rotate`],
] as const)('with %j on %s, what may be lost is kept in %s', (environment, platform, folder) => {
  expect(cacheFolder(environment, platform)).toBe(folder);
});
