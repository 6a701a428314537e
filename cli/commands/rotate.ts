import { loadConfiguration } from '../../workers/config';
import type { RotationRequest, RotationResult } from '../../workflows/model/rotation';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';
import { planText } from '../plan-text';
import { exitCodeOf, resultText } from '../result-text';
import { RotationClient } from '../rotation-client';
import type { Terminal } from '../terminal';
import { watchRotation } from '../watch';

export interface PlanOptions {
  readonly config?: string;
  readonly json?: boolean;
  /** Refuse unless this is the active tree. */
  readonly currentTree?: string;
}

export interface RotateOptions extends PlanOptions {
  readonly yes?: boolean;
}

/** `plan LOG`: a dry run, and what it said. */
export async function plan(log: string, options: PlanOptions, terminal: Terminal): Promise<number> {
  return await withClient(options, async (client) => {
    const result = await dryRun(client, requestOf(log, options), terminal);
    return print(result, options, terminal);
  });
}

/** `rotate LOG`: a dry run, a question, and the rotation that was shown: a changed plan is refused. */
export async function rotate(log: string, options: RotateOptions, terminal: Terminal): Promise<number> {
  if (!options.yes && !terminal.asks) {
    throw new CommandError(
      'Nobody can be asked here, because standard input is no terminal. Look at `rekor-rotate plan` first; then say --yes.',
      exitCodes.usage,
    );
  }
  return await withClient(options, async (client) => {
    const request = requestOf(log, options);
    const planned = await dryRun(client, request, terminal);
    if (!planned.plan || planned.outcome !== 'planned') {
      return print(planned, options, terminal);
    }
    // With --json standard output has the result of the rotation alone.
    const show = (text: string): void => (options.json ? terminal.err(text) : terminal.out(text));
    show(`${planText(planned, terminal.columns, 'Nothing has been changed yet.')}\n`);
    if (!options.yes && !(await agreed(log, terminal))) {
      throw new CommandError('Nothing has been changed.', exitCodes.refused);
    }
    const rotation = await client.start({ ...request, planHash: planned.plan.hash });
    terminal.err(`Started as workflow ${rotation.workflowId}.`);
    const detached = `No longer watching; the rotation goes on as workflow ${rotation.workflowId}. Watch it again with \`rekor-rotate status --watch ${log}\`, cancel it with \`rekor-rotate cancel ${log}\`.`;
    const result = await watchRotation(rotation, { client, terminal, json: options.json === true, detached });
    if (!options.json) {
      terminal.out('');
    }
    return print(result, options, terminal);
  });
}

async function withClient(
  options: PlanOptions,
  use: (client: RotationClient) => Promise<number>,
): Promise<number> {
  const client = await RotationClient.connect(loadConfiguration(options.config));
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

function requestOf(log: string, options: PlanOptions): RotationRequest {
  return { log, ...(options.currentTree !== undefined && { currentTree: options.currentTree }) };
}

/** Takes seconds and changes nothing, so its progress is not shown; that no worker answers is. */
async function dryRun(
  client: RotationClient,
  request: RotationRequest,
  terminal: Terminal,
): Promise<RotationResult> {
  const rotation = await client.start({ ...request, dryRun: true });
  const detached = `No longer waiting for the dry run ${rotation.workflowId}. A dry run changes nothing.`;
  const quiet = { ...terminal, redraws: false, out: () => undefined };
  return await watchRotation(rotation, { client, terminal: quiet, json: false, detached });
}

async function agreed(log: string, terminal: Terminal): Promise<boolean> {
  try {
    return await terminal.ask(`Rotate ${log} now?`, terminal.interrupted);
  } catch (error) {
    if (terminal.interrupted.aborted) {
      return false;
    }
    throw error;
  }
}

function print(result: RotationResult, options: PlanOptions, terminal: Terminal): number {
  terminal.out(options.json ? JSON.stringify(result, null, 2) : resultText(result, terminal.columns));
  return exitCodeOf(result.outcome);
}
