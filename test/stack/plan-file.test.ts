import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RotationResult } from '../../workflows/model/result';
import { saidBy } from '../cli/recording-terminal';
import { expectRotated } from './outcome';
import { useLog } from './use-log';

describe('a plan file of a real log', () => {
  const log = useLog();
  const said = (...command: string[]) => saidBy([...command, '-c', log.lab.files.configuration]);

  /** Writes a plan, as it was and as somebody edits it. */
  async function planned(edit: (text: string) => string): Promise<string> {
    const file = join(log.newDirectory(), 'plan.yaml');
    expect(await said('plan', log.name, '--out', file)).toMatchObject({ code: 0 });
    const before = readFileSync(file, 'utf8');
    const after = edit(before);
    expect(after).not.toBe(before);
    writeFileSync(file, after);
    return file;
  }

  const rotate = (file: string) => said('rotate', log.name, '--plan', file, '--yes', '--json');

  it('is run as it was edited, and the result says what was; the log has moved on for it then', async () => {
    await log.expectWritable();
    const file = await planned((text) =>
      text.replace(/^( +displayName:).*$/m, '$1 edited by a person').replace(/^( +soakMs:).*$/m, '$1 700'),
    );
    const before = await log.snapshot();

    const { code, output } = await rotate(file);

    const after = await log.snapshot();
    const result = JSON.parse(output) as RotationResult;
    expect(code).toBe(0);
    expectRotated(before, after, result);
    expect(result.edited).toEqual([
      { field: 'displayName', planned: 'lab (next)', edited: 'edited by a person' },
      { field: 'soakMs', planned: 1200, edited: 700 },
    ]);
    const next = after.trees.find(({ tree_id }) => tree_id === result.nextTree?.treeId);
    expect(next).toMatchObject({ display_name: 'edited by a person' });
    await log.expectWritable();

    const late = await rotate(file);

    expect([late.code, late.words]).toEqual([3, expect.stringContaining('PLAN_FILE_OUTDATED')]);
    expect(JSON.parse(late.output)).toMatchObject({ outcome: 'refused' });
    expect(await log.snapshot()).toEqual(after);
  });

  it.each([
    ['what is written to a file', (text: string) => text.replace(/TREE_ID=/, 'TREE_NO=')],
    ['the current tree', (text: string) => text.replace(/^( +currentTree:).*$/m, '$1 "6030789023407169604"')],
  ])('is refused when %s was edited in its fixed part, and nothing is changed', async (_, edit) => {
    const file = await planned(edit);
    const before = await log.snapshot();

    const { code, words } = await rotate(file);

    expect([code, words]).toEqual([3, expect.stringContaining('PLAN_FILE_EDITED_OUTSIDE')]);
    expect(await log.snapshot()).toEqual(before);
    await log.expectWritable();
  });
});
