import type { WorkflowHandle } from '@temporalio/client';
import type { RotationResult } from '../workflows/model/result';

/** A rotation or a recovery as its client sees it. */
export type RotationHandle = WorkflowHandle<() => Promise<RotationResult>>;
