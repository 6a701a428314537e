import { logNamed } from '../../config/load';
import type { RotationRequest } from '../../workflows/model/request';
import type { RotationResult } from '../../workflows/model/result';
import type { Plan } from '../../workflows/model/plan';
import { mustAgree, unaskable } from '../agreement';
import { beginningOf, beginningProblems, beginningText, type BeginningOptions } from '../beginning-options';
import { followStarted, printResult, waitForLook } from '../follow';
import { checksText, planText } from '../plan-text';
import { readPlanFile } from '../plan-file/read';
import { requireFree, writePlanFile } from '../plan-file/write';
import type { RotationClient } from '../rotation-client';
import type { Terminal } from '../terminal';
import { logGiven, treeIdProblem, type LogCommand } from '../usage';
import { withClient } from '../with-client';

interface AskOptions {
  readonly config?: string;
  readonly json?: boolean;
  /** Refuse unless this is the active tree. */
  readonly currentTree?: string;
}

export interface PlanOptions extends AskOptions {
  /** List every check that was made; JSON has them all. */
  readonly checks?: boolean;
  /** Write the plan to this file, to be edited and run. */
  readonly out?: string;
}

export interface RotateOptions extends AskOptions, BeginningOptions {
  readonly yes?: boolean;
  /** Wait for one approval also where the configuration asks for none. */
  readonly waitForApproval?: boolean;
  /** Rotate as the plan in this file says. */
  readonly plan?: string;
}

/** `plan LOG`: a dry run, and what it said. */
export const plan: LogCommand<PlanOptions> = async (name, options, terminal) => {
  const log = logGiven(name, options, treeIdProblem('--current-tree', options.currentTree));
  const { out } = options;
  if (out !== undefined) {
    requireFree(out);
  }
  return await withClient(log, options, async (client, configuration) => {
    logNamed(configuration, log);
    const result = await dryRun(client, requestOf(log, options), terminal);
    if (options.checks && !options.json) {
      terminal.out(`${checksText(result.checks ?? [], terminal.columns)}\n`);
    }
    const code = printResult(result, options, terminal);
    if (out !== undefined && result.outcome === 'planned') {
      await writePlanFile(out, result);
      terminal.err(
        `Written: ${out}. Edit what stands under edit, then \`rekor-rotate rotate ${log} --plan ${out}\`.`,
      );
    }
    return code;
  });
};

/**
 * `rotate LOG`: a dry run, a question, and the rotation that was shown: a changed plan is refused. One that waits for a lull
 * is planned anew when it begins. One of a plan file runs exactly that, or is refused.
 */
export const rotate: LogCommand<RotateOptions> = async (name, options, terminal) => {
  const nowMs = Date.now();
  const log = logGiven(
    name,
    options,
    unaskable(options.yes, `plan ${name ?? 'LOG'}`, terminal),
    treeIdProblem('--current-tree', options.currentTree),
    ...beginningProblems(options, nowMs),
  );
  const begin = beginningOf(options, nowMs);
  const { waitForApproval } = options;
  const planFile = options.plan === undefined ? undefined : readPlanFile(options.plan, log);
  return await withClient(log, options, async (client, configuration) => {
    logNamed(configuration, log);
    const request = requestOf(log, options);
    const waits = { ...request, ...(waitForApproval && { waitForApproval }), ...(planFile && { planFile }) };
    const planned = await dryRun(client, waits, terminal);
    const { plan, outcome } = planned;
    if (!plan || outcome !== 'planned') {
      return printResult(planned, options, terminal);
    }
    const closing = [
      'Nothing has been changed yet.',
      ...approvalsSentence(plan),
      ...(begin ? [beginningText(begin, terminal.timeZone, planFile !== undefined)] : []),
    ];
    const shown = planText(planned, terminal.columns, closing.join(' '));
    await mustAgree(shown, `Rotate ${log} ${begin ? 'in a lull' : 'now'}?`, options, terminal);
    const rotation = await client.start({ ...waits, ...(begin ? { begin } : { planHash: plan.hash }) });
    const json = options.json === true;
    return await followStarted('rotation', rotation, { client, log, terminal, json });
  });
};

/** Whom it will wait for before it begins. */
function approvalsSentence({ approvals: { required } }: Plan): string[] {
  return required === 'none'
    ? []
    : [`It waits until ${required} ${required === 'one' ? 'person has' : 'people have'} approved its plan.`];
}

function requestOf(log: string, options: AskOptions): RotationRequest {
  return { log, ...(options.currentTree !== undefined && { currentTree: options.currentTree }) };
}

async function dryRun(
  client: RotationClient,
  request: RotationRequest,
  terminal: Terminal,
): Promise<RotationResult> {
  const rotation = await client.start({ ...request, dryRun: true });
  const detached = `No longer waiting for the dry run ${rotation.workflowId}. A dry run changes nothing.`;
  return await waitForLook(rotation, { client, log: request.log, terminal, detached });
}
