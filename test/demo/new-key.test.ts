import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { configureNewKey } from '../../demo/new-key';
import { labFiles } from '../../lab/files';
import { claimDirectory, removeData } from '../../lab/record';

describe('the new key of a demonstration', () => {
  const above = mkdtempSync(join(tmpdir(), 'rekor-rotate-'));
  const files = labFiles(join(above, 'lab'));
  afterAll(() => rmSync(above, { recursive: true, force: true }));

  it('is configured, and goes with all else that a lab has written: the next demonstration finds an empty place', async () => {
    await claimDirectory(files);
    writeFileSync(files.configuration, 'logs: {lab: {}}\n');
    const restarted: string[] = [];
    await configureNewKey({
      status: { directory: files.directory },
      configurationFile: files.configuration,
      stopPart: (part) => Promise.resolve(void restarted.push(`stop ${part}`)),
      startPart: (part) => Promise.resolve(void restarted.push(`start ${part}`)),
    });
    expect(restarted).toEqual(['stop worker', 'start worker']);
    expect(parse(readFileSync(files.configuration, 'utf8'))).toEqual({
      logs: { lab: { nextSigner: { keyFile: files.nextSignerKey, publicKey: files.nextSignerPublicKey } } },
    });

    await removeData(files);
    expect(readdirSync(files.directory)).toEqual([]);
    await expect(claimDirectory(files)).resolves.toBeUndefined();
  });
});
