import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { keptIntents } from '../../workers/former-worker';
import { runtimeDirectory } from '../../config/runtime-directory';

const folder = mkdtempSync(join(tmpdir(), 'former-worker-'));
afterAll(() => rmSync(folder, { recursive: true }));

function logged(): { readonly logger: pino.Logger; readonly said: string[] } {
  const said: string[] = [];
  return { logger: pino({}, { write: (line: string) => void said.push(line) }), said };
}

describe('where a worker keeps what it begins', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['run/rekor-rotate', undefined],
    ['/run/rekor-rotate', '/run/rekor-rotate'],
    ['/run/rekor-rotate:/run/another', '/run/rekor-rotate'],
  ])('is what systemd says: %s', (given, expected) => {
    expect(runtimeDirectory({ RUNTIME_DIRECTORY: given })).toBe(expected);
  });

  it('is nowhere where nothing says so', async () => {
    const { logger, said } = logged();
    expect(await keptIntents(undefined, logger)).toBeUndefined();
    expect(said).toEqual([]);
  });

  it('is nowhere, and it says so, where it cannot write', async () => {
    const { logger, said } = logged();
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    expect(await keptIntents(file, logger)).toBeUndefined();
    expect(said.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({
        directory: file,
        msg: 'RUNTIME_DIRECTORY cannot be used; the worker runs without',
      }),
    ]);
  });
});
