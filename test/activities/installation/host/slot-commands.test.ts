import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CancelledFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { withinBounds } from '../../../../activities/bounds/activity-bounds';
import { hostInstallation } from '../../../../activities/installation/host/host';
import { runSlotCommand, slotIsRunning } from '../../../../activities/installation/host/slot-commands';
import { refusalOf } from '../../refused';
import { slotGreen } from '../../../model/two-slots';
import { identify } from '../../../../tools/process-identity';

const shell = (script: string) => ['/bin/sh', '-c', script];
const signal = new AbortController().signal;
const start = (command: readonly string[], until = signal) =>
  runSlotCommand({ slot: 'slot green', verb: 'start', command }, until);
const isRunning = (command: readonly string[]) =>
  slotIsRunning({ slot: 'slot green', verb: 'status', command }, signal);

/** The processes that have named themselves in a folder. */
function startedIn(folder: string): number[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.pid'));
  return files.map((file) => Number(readFileSync(join(folder, file), 'utf8')));
}

describe('the commands of a slot', () => {
  it('run without a shell: arguments reach the program as they are written', async () => {
    const script = 'if (process.argv[1] !== "$HOME; exit 1 *") process.exit(9)';
    await start([process.execPath, '-e', script, '$HOME; exit 1 *']);
  });

  it('say in a refusal how they ended, and nothing of what they wrote, which may quote a secret (H28)', async () => {
    const command = shell('cat "$0" >&2; exit 5');
    command.push(__filename); // a file with a secret: Tr0ub4dor
    const refused = await refusalOf(start(command));
    expect(refused.code).toBe('COMMAND_FAILED');
    expect(refused.message).toContain('The command to start slot green failed: /bin/sh -c');
    expect(refused.message).toMatch(/it exited with 5\.$/);
    expect(refused.message).not.toContain('Tr0ub4dor');
  });

  it('keep little of what they write', async () => {
    const script = 'for (let i = 0; i < 3000; i++) console.error("x".repeat(900)); process.exitCode = 1';
    const refused = await refusalOf(start([process.execPath, '-e', script]));
    expect(refused.message).toMatch(/it exited with 1\.$/);
    expect(refused.message.length).toBeLessThan(700);
  });

  it.each([
    [['/no/such/program'], 'it cannot be run: it does not exist'],
    [shell('kill -9 $$'), 'it was ended by SIGKILL'],
    [shell('sleep 30 &'), 'it left a process behind that keeps its output open'],
  ])('are refused when %j', async (command, reason) => {
    expect((await refusalOf(start(command))).message).toContain(reason);
  });

  it('are ended when the step is given up, which throws its reason', async () => {
    const giveUp = new AbortController();
    const reason = new Error('the budget is used up');
    setTimeout(() => giveUp.abort(reason), 50);
    await expect(start(['sleep', '30'], giveUp.signal)).rejects.toBe(reason);
    await expect(start(['true'], giveUp.signal)).rejects.toBe(reason);
  });

  describe('that do not end when they are asked to', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'group-'));
    });
    afterEach(() => {
      // Where a test fails, they live on.
      for (const pid of startedIn(folder)) {
        if (identify(pid)) process.kill(pid, 'SIGKILL');
      }
      rmSync(folder, { recursive: true });
    });

    const all = ['command', 'child', 'grandchild'];

    /** Three processes, each of which ignores SIGTERM and names itself in a file once it does. */
    const stubborn = (): string[] => {
      const named = (name: string, rest: string): string =>
        `trap '' TERM; echo $$ >'${folder}/${name}.tmp'; mv '${folder}/${name}.tmp' '${folder}/${name}.pid'; ${rest}`;
      const lasts = 'while :; do sleep 1; done';
      writeFileSync(join(folder, 'grandchild.sh'), named('grandchild', lasts));
      writeFileSync(join(folder, 'child.sh'), named('child', `sh '${folder}/grandchild.sh' & ${lasts}`));
      return shell(named('command', `sh '${folder}/child.sh' & ${lasts}`));
    };
    const allStarted = async (): Promise<void> => {
      while (startedIn(folder).length < all.length) await wait(5);
    };
    const living = (): number[] => startedIn(folder).filter((pid) => identify(pid) !== null);

    it('are killed with all that they have started, before their undo may run (H8)', async () => {
      const giveUp = new AbortController();
      const reason = new Error('the budget is used up');
      const running = start(stubborn(), giveUp.signal);
      await allStarted();
      giveUp.abort(reason);

      await expect(running).rejects.toBe(reason);
      expect(living()).toEqual([]);
    });

    it('and whose command ends while what it started does not, are waited for all the same', async () => {
      const giveUp = new AbortController();
      const command = stubborn();
      const script = `${command[2]}`.replace("trap '' TERM", "trap 'exit 0' TERM");
      const running = start(shell(script), giveUp.signal);
      await allStarted();
      giveUp.abort(new Error('cancelled'));

      await expect(running).rejects.toThrow('cancelled');
      expect(living()).toEqual([]);
    });

    it('are over before their activity reports that it was cancelled (H8)', async () => {
      const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
      const reported = environment.run(() =>
        withinBounds('stage', { times: {}, began: [] }, (bounds) => start(stubborn(), bounds.signal)),
      );
      await Promise.race([allStarted(), reported]);
      environment.cancel();

      await expect(reported).rejects.toBeInstanceOf(CancelledFailure);
      expect(living()).toEqual([]);
    });
  });

  it('tell running from stopped by the exit code, and refuse an answer that is neither', async () => {
    expect(await isRunning(shell('exit 0'))).toBe(true);
    for (const stopped of [1, 2, 3]) {
      expect(await isRunning(shell(`exit ${stopped}`))).toBe(false);
    }
    for (const unknown of [4, 126, 127]) {
      const refused = await refusalOf(isRunning(shell(`exit ${unknown}`)));
      expect(refused).toMatchObject({ code: 'COMMAND_FAILED' });
      expect(refused.message).toContain('The command to ask slot green failed');
      expect(refused.message).toContain('0 means running, 1 to 3 not running');
    }
  });
});

describe('starting and stopping a slot', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'slots-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A slot whose commands fail when there is nothing to do, as strict init scripts do. */
  const host = () => {
    const running = join(folder, 'running');
    const calls = (verb: string) => `echo ${verb} >> '${join(folder, 'calls')}'`;
    const slot = (name: string) => ({
      url: `http://127.0.0.1/${name}`,
      environmentFile: join(folder, `${name}.env`),
      shardingFile: join(folder, `${name}.yaml`),
      commands: {
        start: shell(`${calls('start')}; test ! -e '${running}' && touch '${running}'`),
        stop: shell(`${calls('stop')}; rm '${running}'`),
        status: shell(`${calls('status')}; test -e '${running}'`),
      },
    });
    const slots = { blue: slot('blue'), green: slot('green') };
    return hostInstallation({ log: 'production', treeIdVariable: 'TREE_ID', slots });
  };
  const calls = () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');

  it('does no harm to repeat, and asks for the status only when the command failed', async () => {
    await host().start(slotGreen, { signal });
    expect(calls()).toEqual(['start']);
    await host().start(slotGreen, { signal });
    expect(calls()).toEqual(['start', 'start', 'status']);
    await host().stop(slotGreen, { signal });
    expect(calls()).toHaveLength(4);
    await host().stop(slotGreen, { signal });
    expect(calls().slice(4)).toEqual(['stop', 'status']);
    expect(existsSync(join(folder, 'running'))).toBe(false);
  });

  it('refuses when the slot is not as it should be afterwards', async () => {
    rmSync(folder, { recursive: true }); // the commands can then do nothing
    const refused = await refusalOf(host().start(slotGreen, { signal }));
    expect(refused.message).toContain('The command to start slot green failed');
    folder = mkdtempSync(join(tmpdir(), 'slots-'));
  });
});
