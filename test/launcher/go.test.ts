import { join } from 'node:path';
import { go } from '../../tools/go';
import { executables } from '../../tools/on-path';

const directory = join(__dirname, '../../launcher');

it('the launcher passes the tests that are written in Go', async () => {
  // Only with a compiler of C can Go tell races of its threads.
  const compiler = (await go(['env', 'CC'], { directory })).trim();
  const canTellRaces = executables(compiler, process.env['PATH']).length > 0;
  const output = await go(['test', '-buildvcs=false', ...(canTellRaces ? ['-race'] : []), './...'], {
    ...{ directory, isPatient: true },
    ...(canTellRaces && { environment: { CGO_ENABLED: '1' } }),
  });

  expect(output).toMatch(/^ok\s+rekor-rotate\/launcher\s/);
});

it('the launcher has nothing that go vet objects to', async () => {
  await go(['vet', './...'], { directory, isPatient: true });
});
