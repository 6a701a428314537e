import type { RotationResult } from '../workflows/model/result';
import { exitCodeOf, resultText } from './result-text';
import type { RotationHandle } from './rotation-handle';
import type { Terminal } from './terminal';
import { watchRotation, type Watch } from './watch';

/** Prints how a rotation or recovery ended, as JSON if asked, and gives the exit code. */
export function printResult(
  result: RotationResult,
  options: { readonly json?: boolean },
  terminal: Terminal,
): number {
  terminal.out(options.json ? JSON.stringify(result, null, 2) : resultText(result, terminal.columns));
  return exitCodeOf(result.outcome);
}

/** Shows a rotation or recovery until it ends, then how it ended, as JSON if asked; gives its exit code. */
export async function follow(rotation: RotationHandle, watch: Watch): Promise<number> {
  return printResult(await untilEnded(rotation, watch), watch, watch.terminal);
}

/** Shows what somebody has agreed to until it ends. */
export async function untilStartedEnds(
  what: RotationResult['kind'],
  started: RotationHandle,
  watch: Omit<Watch, 'detached'>,
): Promise<RotationResult> {
  const { log, terminal } = watch;
  terminal.err(`Started as workflow ${started.workflowId}.`);
  const cancel = what !== 'recovery' ? `, cancel it with \`rekor-rotate cancel ${log}\`` : '';
  const detached = `No longer watching; the ${what} goes on as workflow ${started.workflowId}. Watch it again with \`rekor-rotate status --watch ${log}\`${cancel}.`;
  return await untilEnded(started, { ...watch, detached });
}

/** The same, and then how it ended; gives its exit code. */
export async function followStarted(
  ...[what, started, watch]: Parameters<typeof untilStartedEnds>
): Promise<number> {
  return printResult(await untilStartedEnds(what, started, watch), watch, watch.terminal);
}

async function untilEnded(rotation: RotationHandle, watch: Watch): Promise<RotationResult> {
  const { json, terminal } = watch;
  const result = await watchRotation(rotation, { ...watch, leaves: true });
  if (!json) {
    terminal.out('');
  }
  return result;
}

/** Waits for what takes seconds and changes nothing, so its progress is not shown; that no worker answers is. */
export async function waitForLook(look: RotationHandle, watch: Omit<Watch, 'json'>): Promise<RotationResult> {
  const quiet = { ...watch.terminal, redraws: false, out: () => undefined };
  return await watchRotation(look, { ...watch, terminal: quiet, json: false });
}
