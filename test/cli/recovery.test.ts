import type { RotationResult } from '../../workflows/model/result';
import type { PruneResult } from '../../workflows/prune-trees';
import { recordingTerminal, saidBy } from './recording-terminal';
import { until } from '../patience';
import { useStandIn } from './stand-in-server';

const server = useStandIn();

const lock = () => server.temporal.workflow.getHandle('log-production');

const said = (command: readonly string[], terminal = recordingTerminal()) =>
  saidBy([...command, '-c', server.config], terminal);

describe('recover', () => {
  it('shows what was found and what would be done, and does nothing, in a dry run', async () => {
    const { code, words } = await said(['recover', 'production', '--dry-run']);

    expect(code).toBe(0);
    expect(words).toContain('Recovery of production, of the rotation 20260131T030000Z-1f3a9c');
    expect(words).toContain('Found: the gate holds writes. The rotation is taken back');
    expect(words).toContain('nothing has been changed');
  });

  it.each([['--yes'], ['--dry-run']])('succeeds when nothing is left over: %s', async (option) => {
    const recover = ['recover', 'another', option, '-c', server.configuredFor('another')];
    const { code, words } = await saidBy(recover);

    expect(code).toBe(0);
    expect(words).toContain('there is nothing to recover');
    expect(words).not.toContain('refused');
    const json = await saidBy([...recover, '--json']);
    expect(json.code).toBe(0);
    expect(JSON.parse(json.output)).toMatchObject({ outcome: 'notNeeded', refusals: [] });
  });

  it('starts nothing when nobody can be asked, or the answer is no', async () => {
    expect(await said(['recover', 'production'])).toMatchObject({ code: 2 });
    const no = await said(['recover', 'production'], recordingTerminal({ asks: true, answer: false }));

    expect(no.code).toBe(3);
    expect(no.output).toContain('Found: the gate holds writes.');
    await expect(lock().describe()).rejects.toThrow(/not found/);
  });

  it('asks, ends the rotation, shows its steps and how it ended; status calls it a recovery', async () => {
    const terminal = recordingTerminal({ asks: true, answer: true });
    const exit = said(['recover', 'production'], terminal);
    await until(() => terminal.output.includes('production: undo freeze ...'));
    const { words } = await said(['status']);
    await lock().signal('finish');

    expect(words).toContain('production: a recovery runs.');
    const { code, output } = await exit;
    expect(code).toBe(4);
    expect(output).toContain('was rolled back');
    expect((await said(['status', 'production'])).words).toContain('the last recovery ended at');
  });

  it('with --json keeps everything but the result from standard output', async () => {
    const terminal = recordingTerminal();
    const exit = said(['recover', 'production', '--yes', '--json'], terminal);
    await until(() => terminal.errors.includes('production: undo freeze ...'));
    await lock().signal('finish');

    expect((JSON.parse((await exit).output) as RotationResult).outcome).toBe('rolledBack');
  });
});

describe('prune', () => {
  it('lists retired trees and deletes none', async () => {
    const { code, output, words } = await said(['prune', 'production']);

    expect(code).toBe(0);
    expect(output).toContain('  301, empty, of attempt 1 of rotation 20260131T030000Z-1f3a9c');
    expect(output).toContain('  302, 1 entry,');
    expect(output).toContain('    stays: it holds entries of clients');
    expect(words).toContain('rekor-rotate prune production --delete TREE');
    expect(output.split('\n').every((line) => line.length <= 80)).toBe(true);
  });

  it('deletes the named trees after a question, and says that they can be had back', async () => {
    const yes = recordingTerminal({ asks: true, answer: true });
    const { code, words } = await said(['prune', 'production', '--delete', '301'], yes);

    expect(code).toBe(0);
    expect(words).toContain('Tree 301 is deleted; Trillian can undelete it for seven days.');
  });

  it('deletes nothing when nobody can be asked, or the answer is no', async () => {
    expect(await said(['prune', 'production', '--all'])).toMatchObject({ code: 2 });
    const no = recordingTerminal({ asks: true, answer: false });
    const { code, words } = await said(['prune', 'production', '--delete', '301'], no);

    expect(code).toBe(3);
    expect(words).toContain('Nothing has been changed.');
    expect(words).not.toContain('Tree 301');
  });

  it('refuses trees of which the list says that they stay, or that are not in it', async () => {
    const { code, words } = await said(['prune', 'production', '--yes', '--delete', '301', '303', '999']);

    expect(code).toBe(3);
    expect(words).toContain('tree 303 stays: it holds entries of clients');
    expect(words).toContain('tree 999 is not on the list of `rekor-rotate prune`; write its whole id');
    expect(words).not.toContain('Tree 301');
  });

  it('deletes all that do not stay, and exits with 1 when the worker deleted only a part', async () => {
    const { code, output } = await said(['prune', 'production', '--all', '--yes', '--json']);
    const result = JSON.parse(output) as PruneResult;

    expect(code).toBe(1);
    expect(result.deleted).toEqual(['301']);
    expect(result.refusals).toMatchObject([{ code: 'NOT_PRUNABLE' }]);
  });

  it('says the refusal of a worker that does not know the log', async () => {
    const { code, words } = await saidBy(['prune', 'another', '-c', server.configuredFor('another')]);

    expect(code).toBe(2);
    expect(words).toContain('There is no log named "another"');
    expect(words).toContain('(UNKNOWN_LOG)');
  });
});
