import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeLock } from '../../tools/lock';
import { formatIdentity, ownIdentity } from '../../tools/process-identity';

describe('a lock', () => {
  let directory: string;
  let file: string;
  const refuse = () => {
    throw new Error('held');
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'lock-'));
    file = join(directory, 'lock');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('names its holder while it is held, and leaves nothing when it is given back', async () => {
    const unlock = await takeLock(file, { onWait: refuse });

    expect(readFileSync(file, 'utf8')).toBe(formatIdentity(ownIdentity()));
    await expect(takeLock(file, { onWait: refuse })).rejects.toThrow('held');
    await unlock();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is waited for while its holder runs', async () => {
    const order: string[] = [];
    const unlock = await takeLock(file, { onWait: refuse });
    const second = takeLock(file, { onWait: ({ pid }) => order.push(`waits for ${pid}`) }).then(
      async (unlockSecond) => {
        order.push('taken');
        await unlockSecond();
      },
    );
    while (order.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    order.push('given back');
    await unlock();
    await second;

    expect(order).toEqual([`waits for ${process.pid}`, 'given back', 'taken']);
  });

  it.each([
    ['of a process that has ended', formatIdentity({ pid: 2 ** 22 + 1, started: 'then' })],
    ['of a process whose pid another one has by now', formatIdentity({ pid: process.pid, started: 'then' })],
    ['that does not name its holder', ''],
  ])('is taken over when it is one %s', async (_case, content) => {
    writeFileSync(file, content);
    const unlock = await takeLock(file, { onWait: refuse });

    expect(readFileSync(file, 'utf8')).toBe(formatIdentity(ownIdentity()));
    await unlock();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is held by one at a time when many find the lock of a dead one', async () => {
    const rounds = 3;
    for (let round = 0; round < rounds; round += 1) {
      writeFileSync(file, formatIdentity({ pid: process.pid, started: `then-${round}` }));
      let holders = 0;
      let most = 0;
      const all = Array.from({ length: 8 }, async () => {
        const unlock = await takeLock(file, { onWait: () => undefined });
        holders += 1;
        most = Math.max(most, holders);
        await new Promise((resolve) => setTimeout(resolve, 2));
        holders -= 1;
        await unlock();
      });
      await Promise.all(all);

      expect(most).toBe(1);
      expect(readdirSync(directory)).toEqual([]);
    }
  });

  it('is taken over when who was about to discard it is dead, too', async () => {
    const dead = formatIdentity({ pid: process.pid, started: 'then' });
    writeFileSync(file, dead);
    const name = createHash('sha256').update(dead).digest('hex').slice(0, 12);
    writeFileSync(`${file}.${name}`, formatIdentity({ pid: process.pid, started: 'later' }));

    const second = await takeLock(file, { onWait: refuse });
    await second();
    expect(readdirSync(directory)).toEqual([]);
  });
});
