import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { abstractName, isNameFree, takeName } from '../../files/process-name';

/** Of Linux: names in its abstract namespace. */

/** Another process that has a name. */
async function having(name: string): Promise<ChildProcess> {
  const script = `require('node:net').createServer().listen(${JSON.stringify(abstractName(name))}, () => console.log('has it'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

const children: ChildProcess[] = [];

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

afterEach(async () => {
  await Promise.all(children.splice(0).map(killed));
});

describe('the name of a process', () => {
  it('is free where nobody has it, and taken where this process does', async () => {
    const name = randomUUID();
    expect(await isNameFree(name)).toBe(true);
    await takeName(name);
    expect(await isNameFree(name)).toBe(false);
    await expect(takeName(name)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('is free once the process that had it is killed', async () => {
    const name = randomUUID();
    const other = await having(name);
    expect(await isNameFree(name)).toBe(false);
    await killed(other);
    expect(await isNameFree(name)).toBe(true);
  });

  it('is not free while the process that has it is stopped, however many ask', async () => {
    const name = randomUUID();
    const other = await having(name);
    other.kill('SIGSTOP');
    // More than wait to be accepted, which is 511 of Node.js.
    const answers = await Promise.all(Array.from({ length: 600 }, () => isNameFree(name)));
    expect(new Set(answers)).toEqual(new Set([false]));
  });

  it('is the same for every version of Node.js: as long as it can be', () => {
    expect(abstractName('short')).toHaveLength(108);
    expect(abstractName('short')).not.toBe(abstractName('short.'));
  });
});
