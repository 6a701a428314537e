import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureChromium } from '../../tools/chromium';

/** A folder for a PATH of its own, so that no browser of this machine is found. */
function folderWith(programs: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'chromium-'));
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

/** Put into an apt-get: what `apt-get install` does. */
const onInstall = (does: string): string => `[ "$1" = update ] || { ${does}; }`;

const notToBeSaid = (line: string): void => {
  throw new Error(`Said: ${line}`);
};

it('is the first of its names on PATH, and nothing is installed', async () => {
  const folder = folderWith({ 'google-chrome': 'exit 1', chromium: 'exit 1', 'apt-get': 'exit 1' });
  const found = await ensureChromium({ report: notToBeSaid, path: folder, mayInstall: true });
  expect(found).toBe(join(folder, 'chromium'));
});

it('is installed where that may be done, which is said before', async () => {
  const folder = folderWith({
    'apt-get': onInstall('cd "${0%/*}"; echo > chromium; /bin/chmod 755 chromium'),
  });
  const said: string[] = [];
  const found = await ensureChromium({ report: (line) => said.push(line), path: folder, mayInstall: true });
  expect(found).toBe(join(folder, 'chromium'));
  expect(said).toEqual([
    'There is no chromium on PATH. Installing it, once: apt-get install -y --no-install-recommends chromium',
  ]);
});

it('that cannot be installed is an error', async () => {
  const folder = folderWith({ 'apt-get': onInstall('exit 100') });
  await expect(ensureChromium({ report: () => undefined, path: folder, mayInstall: true })).rejects.toThrow(
    'apt-get install -y --no-install-recommends chromium failed',
  );
});

it('that is missing elsewhere is an error which says how to install it', async () => {
  const path = folderWith({});
  await expect(ensureChromium({ report: notToBeSaid, path, mayInstall: false })).rejects.toThrow(
    'as root: apt-get install -y --no-install-recommends chromium',
  );
});
