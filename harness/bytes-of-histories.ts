import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { Client } from '@temporalio/client';

/**
 * All that Temporal keeps of a namespace's workflows, as a person reads it: each history as it is downloaded, and every payload in
 * it decoded.
 */
export async function textsOfHistories(temporal: Client): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for await (const { workflowId, runId } of temporal.workflow.list()) {
    const history = await temporal.workflow.getHandle(workflowId, runId).fetchHistory();
    const downloaded = historyToJSON(history);
    texts.set(`${workflowId} ${runId}`, [downloaded, ...decoded(JSON.parse(downloaded))].join('\n'));
  }
  return texts;
}

/** Every text of a JSON value that is base64 of something, decoded. */
function decoded(value: unknown): string[] {
  if (typeof value === 'string') {
    return /^[A-Za-z0-9+/]{4,}={0,2}$/.test(value) ? [Buffer.from(value, 'base64').toString()] : [];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(decoded) : [];
}
