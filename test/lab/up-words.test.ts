import { CommanderError } from 'commander';
import { labCommandLine } from '../../lab/command-line';

/** What is said of these words after `lab up`, and the exit code; nothing of it is done. */
async function said(...words: readonly string[]): Promise<{ readonly words: string; readonly code: string }> {
  let text = '';
  const program = labCommandLine();
  const silent = { writeOut: () => undefined, writeErr: (more: string) => void (text += more) };
  program.commands.forEach((one) => one.exitOverride().configureOutput(silent));
  try {
    await program.parseAsync(['up', ...words], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return { words: text, code: error.code };
    throw error;
  }
  throw new Error('It was done.');
}

describe('lab up', () => {
  it.each([
    ['--context', 'kind-mine'],
    ['--load-with', 'kind load image-archive'],
    ['--kubernetes', '--context', 'x'],
  ])('says that %s is of no use without a cluster that is there', async (...words) => {
    expect((await said(...words)).words).toContain('name it with --kubeconfig');
  });

  it.each(['operator', 'none'])('has no shape %s on a cluster that is there', async (shape) => {
    expect((await said('--kubeconfig', 'config', '--shape', shape)).words).toBe(
      `error: with --kubeconfig the shape cannot be ${shape}. Name upstream or helm-chart: they need nothing outside of their namespaces\n`,
    );
  });

  it.each([['--keep-data'], ['--without', 'gate'], ['--database', 'mariadb']])(
    'on a cluster that is there does not take %s, which is for a lab of processes',
    async (...words) => {
      expect((await said('--kubeconfig', 'config', ...words)).code).toBe('commander.conflictingOption');
    },
  );
});
