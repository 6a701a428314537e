import { PROGRESS, type Progress } from '../../workflows/messages';
import type { Handle } from './rotations';

/** How a workflow failed whose input was wrong, as the Temporal UI shows it; and what its details say of that. */
export interface FailedForInput {
  readonly code: string | undefined;
  readonly message: string;
  readonly stack: string;
  readonly outcome: string | undefined;
}

/** Waits until a workflow has failed. */
export async function failedForInput(handle: Handle): Promise<FailedForInput> {
  const thrown = await handle.result().then(
    (result) => new Error(`It has not failed: ${JSON.stringify(result)}`),
    (error: unknown) => error as Error & { readonly type?: string },
  );
  const progress = await handle.query<Progress>(PROGRESS).catch(() => null);
  return {
    code: 'type' in thrown ? thrown.type : undefined,
    message: thrown.message,
    stack: thrown.stack ?? '',
    outcome: progress?.result?.outcome,
  };
}
