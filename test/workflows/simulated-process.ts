import type FileSystem from 'node:fs';
import type * as Files from '../../simulation/world/files';
import type * as Host from '../../simulation/world/host';

/**
 * Imported first, it gives a test file what a seed's process has for itself alone: copies of what the simulation replaces in
 * Node.js, and the files and commands of the simulated host. jest and the other test files go on with the real ones.
 */
for (const name of ['node:timers', 'node:timers/promises', 'node:child_process']) {
  const copy = { ...jest.requireActual<object>(name) };
  jest.doMock(name, () => copy);
}
const fs = jest.requireActual<typeof FileSystem>('node:fs');
const promises = { ...fs.promises };
jest.doMock('node:fs', () => ({ ...fs, promises }));
jest.doMock('node:fs/promises', () => promises);

jest.requireActual<typeof Files>('../../simulation/world/files').replaceFileSystem();
jest.requireActual<typeof Host>('../../simulation/world/host').replaceSpawn();
