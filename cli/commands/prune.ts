import { logNamed } from '../../config/load';
import type { RetiredTree } from '../../workflows/model/retired';
import type { PruneRequest } from '../../workflows/model/request';
import type { PruneResult } from '../../workflows/prune-trees';
import { mustAgree, unaskable } from '../agreement';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';
import { deletableTrees, prunedText, retiredText } from '../prune-text';
import type { RotationClient } from '../rotation-client';
import type { Terminal } from '../terminal';
import { logGiven, treeIdProblem, type LogCommand } from '../usage';
import { waitFor } from '../watch';
import { withClient } from '../with-client';

export interface PruneOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
  /** The trees to delete, by id. */
  readonly delete?: readonly string[];
  /** Delete every tree that nothing stands against. */
  readonly all?: boolean;
}

/** `prune LOG`: lists the trees that undone attempts left behind; deletes those that a person names, after a question. */
export const prune: LogCommand<PruneOptions> = async (name, options, terminal) => {
  const deletes = options.all === true || options.delete !== undefined;
  const both = options.all && options.delete ? 'Say --all, or --delete with tree ids, not both.' : undefined;
  const log = logGiven(
    name,
    options,
    both,
    ...(options.delete ?? []).map((tree) => treeIdProblem('--delete', tree)),
    deletes ? unaskable(options.yes, `prune ${name ?? 'LOG'}`, terminal) : undefined,
  );
  return await withClient(log, options, async (client, configuration) => {
    logNamed(configuration, log);
    const listed = await pruned(client, { log }, terminal);
    const trees = deletes ? treesToDelete(listed.retired, options) : [];
    if (trees.length === 0) {
      return print(listed, options, terminal);
    }
    const shown = retiredText(listed, terminal.columns);
    const what =
      trees.length === 1 ? `tree ${trees.join()}` : `these ${trees.length} trees: ${trees.join(', ')}`;
    await mustAgree(shown, `Delete ${what}?`, options, terminal);
    return print(await pruned(client, { log, deleteTrees: trees }, terminal), options, terminal);
  });
};

/** Refuses at once what the list speaks against; the worker looks once more before it deletes. */
function treesToDelete(retired: readonly RetiredTree[], options: PruneOptions): readonly string[] {
  if (options.all) {
    return deletableTrees(retired);
  }
  const wanted = [...new Set(options.delete)];
  const problems = wanted.flatMap((treeId) => {
    const tree = retired.find((one) => one.treeId === treeId);
    if (!tree) {
      return [`tree ${treeId} is not on the list of \`rekor-rotate prune\`; write its whole id`];
    }
    return tree.keep === undefined ? [] : [`tree ${treeId} stays: ${tree.keep}`];
  });
  if (problems.length > 0) {
    throw new CommandError(`Nothing is deleted: ${problems.join('; ')}.`, exitCodes.refused);
  }
  return wanted;
}

async function pruned(
  client: RotationClient,
  request: PruneRequest,
  terminal: Terminal,
): Promise<PruneResult> {
  const workflow = await client.startPruning(request);
  const detached = request.deleteTrees
    ? `No longer waiting; the deletion goes on as workflow ${workflow.workflowId}.`
    : `No longer waiting for ${workflow.workflowId}, which only looks.`;
  return await waitFor(workflow, { client, log: request.log, terminal, json: false, detached });
}

function print(result: PruneResult, options: PruneOptions, terminal: Terminal): number {
  const text = result.deleted.length + result.refusals.length > 0 ? prunedText : retiredText;
  terminal.out(options.json ? JSON.stringify(result, null, 2) : text(result, terminal.columns));
  if (result.refusals.length === 0) {
    return exitCodes.done.code;
  }
  return (result.deleted.length === 0 ? exitCodes.refused : exitCodes.failed).code;
}
