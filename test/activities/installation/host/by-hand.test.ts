import { execFileSync } from 'node:child_process';
import { promises as fs, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { unfinishedAttempt } from '../../../../workflows/model/installation';
import {
  CURRENT,
  NEXT,
  NEXT_LIST,
  BLUE,
  environment,
  signal,
  file,
  read,
  contents,
  ran,
  host,
  orderOf,
  stagedOrder,
  refusalOf,
  slotsFolder,
  stateOf,
  withTwoSlots,
} from './two-slots';

withTwoSlots();

function inShell(lines: readonly string[]): void {
  execFileSync('/bin/sh', ['-ec', lines.join('\n')]);
}

/** What rekor-rotate keeps beside the slots. */
const kept = () => readdirSync(slotsFolder()).filter((name) => name.includes('rekor-rotate'));

describe('the commands that a person is shown', () => {
  it('settle what is served', async () => {
    const order = await stagedOrder();
    inShell(host().byHand.settle(order));

    expect(contents()).toEqual([environment(NEXT, '3001'), NEXT_LIST, environment(NEXT, '3002'), NEXT_LIST]);
    expect(ran()).toEqual(['enable green', 'disable blue', 'stop blue']);
    expect(kept()).toEqual([]);
  });

  it('settle an environment file however its line is written', async () => {
    writeFileSync(
      file('blue.env'),
      `A=1\n\t TREE_ID = "${CURRENT}" \nMY_TREE_ID=${CURRENT}\n#TREE_ID=${CURRENT}\n`,
    );
    const order = await stagedOrder();
    inShell(host().byHand.settle(order));

    const lines = (read('blue.env') ?? '').split('\n');
    expect(lines).toEqual([
      'A=1',
      `\t TREE_ID = "${NEXT}" `,
      `MY_TREE_ID=${CURRENT}`,
      `#TREE_ID=${CURRENT}`,
      '',
    ]);
  });

  it('put back what was there before the attempt, over whatever someone has written since', async () => {
    writeFileSync(file('green.yaml'), "# it's %s\n", { mode: 0o640 });
    const before = contents();
    const order = await stagedOrder();
    writeFileSync(file('green.env'), 'SOMEONE=was here\n');
    expect((await refusalOf(host().discard(order, { signal }))).code).toBe('CHANGED_BY_SOMEONE');
    inShell(await host().byHand.discard(order));

    expect(contents()).toEqual(before);
    expect((await fs.stat(file('green.yaml'))).mode & 0o777).toBe(0o640);
    expect(ran()).toEqual(['stop green']);
    expect(kept()).toEqual([]);
    await host().discard(order, { signal });
    expect(contents()).toEqual(before);
  });

  it('remove a file that was not there before, and repeat', async () => {
    rmSync(file('green.yaml'), { force: true });
    const before = contents();
    const order = await stagedOrder();
    inShell(await host().byHand.discard(order));
    inShell(await host().byHand.discard(order));

    expect(contents()).toEqual(before);
    expect(kept()).toEqual([]);
  });

  it('leave what an attempt keeps that this one was to supersede', async () => {
    const first = await orderOf('r1/1');
    await host().stage(first, first, { signal });
    const staged = contents();
    const second = { ...(await orderOf('r1/2')), nextTreeId: '77' };
    await host().stage(second, second, { signal });
    inShell(await host().byHand.discard(second));

    expect(contents()).toEqual(staged);
    expect(unfinishedAttempt(await stateOf(BLUE))).toBe('r1/1');
    await host().discard(first, { signal });
    expect(read('green.env')).toBe(environment('0', '3002'));
  });

  it('touch no file that another attempt keeps, or none', async () => {
    const order = await orderOf('r1/1');
    expect(await host().byHand.discard(order)).toHaveLength(1);
    await host().stage(order, order, { signal });
    expect(await host().byHand.discard({ ...order, attemptId: 'r1/2' })).toHaveLength(1);
  });
});
