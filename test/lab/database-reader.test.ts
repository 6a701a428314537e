import { readFileSync, statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { READER, readerGrants, readerPassword } from '../../lab/database/reader';
import { blocksOf, commandsIn } from '../docs/markdown';

describe('the user as whom the worker of a lab reads the database', () => {
  const recommended = blocksOf('docs/configuration.md')
    .filter(({ language }) => language === 'sql')
    .flatMap(commandsIn);

  it('is granted what the documents recommend, word for word, and nothing else', () => {
    expect(recommended).toHaveLength(4);
    expect([...readerGrants.postgresql, ...readerGrants.mysql]).toEqual(recommended);
    expect(recommended.every((grant) => grant.endsWith(` TO ${READER};`))).toBe(true);
  });

  it('has a password of its own, which stays, and which nobody else may read', async () => {
    const file = path.join(await mkdtemp(path.join(tmpdir(), 'reader-')), 'reader-password');
    const password = await readerPassword({ readerPassword: file });
    expect(password).toMatch(/^[\w-]{24}$/);
    expect(readFileSync(file, 'utf8')).toBe(`${password}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await readerPassword({ readerPassword: file })).toBe(password);
  });
});
