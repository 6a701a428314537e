import { createPublicKey } from 'node:crypto';
import { parseCheckpoint } from '../activities/verification/checkpoint';
import { leafHash } from '../activities/verification/merkle';
import { entryIdOf } from '../activities/verification/log-entry';
import type { RotationResult } from '../workflows/model/result';
import { firstIndexAfter } from '../workflows/model/shards';
import type { SignedEvidence } from '../workflows/model/signed-evidence';
import { FORMAT, type Receipt, type UnsealedReceipt } from './schema';
import { sealed } from './seal';

/** What Temporal knows of a rotation beside its result. Times are ISO 8601. */
export interface Course {
  readonly workflow: { readonly workflowId: string; readonly runId: string };
  readonly startedAt: string;
  readonly endedAt: string;
  readonly startedBy: Receipt['rotation']['startedBy'];
  /** Of Temporal's server; null when it does not say. */
  readonly temporal: string | null;
  /** Of what writes the receipt. */
  readonly version: string;
}

/** Why a rotation has no receipt, in words for its operator. */
export class NoReceipt extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NoReceipt';
  }
}

/**
 * Makes the receipt of a rotation from its result alone: the log is not asked again. Only what is named here gets into it, so
 * nothing of the plan, of addresses of processes or of the configuration does. Throws {@link NoReceipt}.
 */
export function makeReceipt(result: RotationResult, course: Course): Receipt {
  const { outcome, kind, rotationId, log, signed, currentTree, nextTree, verification } = result;
  if ((outcome !== 'completed' && outcome !== 'superseded') || !nextTree || rotationId === null) {
    throw new NoReceipt(
      `The ${kind} ended ${outcome}, so no shard has ended in it and there is nothing to give a receipt of.`,
    );
  }
  if (!signed || !verification) {
    throw new NoReceipt(
      'Its result does not have what the log signed. A person left `confirm` out, it needed too much room, or an earlier version rotated.',
    );
  }
  const shards = shardsOf(signed);
  const first = shards.findIndex(({ treeId }) => treeId === currentTree?.treeId);
  const unsealed: UnsealedReceipt = {
    format: FORMAT,
    log,
    address: signed.address,
    rotation: {
      id: rotationId,
      kind: kind === 'recovery' ? kind : 'rotation',
      outcome,
      ...courseOf(result, course, signed),
      verified: counted(verification),
    },
    versions: { ...signed.worker, receipt: course.version, temporal: course.temporal },
    keys: signed.keys.map(({ logId, der, since }) => ({
      logId,
      publicKey: pemOf(der),
      since: since === null ? null : new Date(since * 1000).toISOString(),
    })),
    shards,
    ended: shards.slice(first).map(({ treeId }) => treeId),
    next: { ...signed.active, firstIndex: firstIndexAfter(shards) },
    firstLeaf: firstLeafOf(signed),
    handover: result.handover ? { text: result.handover.text } : null,
    instances: signed.instances.map(({ name, loaded, endedCheckpoint, checkpoint, path }) => ({
      ...{ name, endedCheckpoint, checkpoint },
      loaded: loaded.map(({ treeId, length }) => ({ treeId, length })),
      path: [...path],
    })),
    instancesLeftOut: signed.instancesLeftOut,
  };
  return sealed(unsealed);
}

function courseOf(
  { reason, attempts, plan, approvals = [], interventions, steps, writes, frozen }: RotationResult,
  { workflow, startedBy, startedAt, endedAt }: Course,
  { at }: SignedEvidence,
): Omit<Receipt['rotation'], 'id' | 'kind' | 'outcome' | 'verified'> {
  return {
    ...{ reason, attempts, planHash: plan?.hash ?? null },
    ...{ workflow, startedBy, startedAt, endedAt, verifiedAt: at },
    approvals: approvals.map(({ who, key, why, takenAt }) => ({ who, key, why, takenAt })),
    interventions: interventions.map(({ instruction, who, why, at: when, choice, step, to }) => ({
      ...{ instruction, who, why, at: when },
      ...{ choice: choice ?? null, step: step ?? null, to: to ?? null },
    })),
    steps: steps.map(({ name, kind, attempt, ms }) => ({ name, kind, attempt, ms })),
    writes: writes
      ? {
          ...{ stallMs: writes.stallMs, longestWaitMs: writes.longestWaitMs },
          ...{ held: writes.held, refused: writes.refused, resent: writes.resent, dropped: writes.dropped },
        }
      : null,
    drain: [...(frozen?.proof ?? [])],
  };
}

function counted({
  entriesVerified: entries,
  proofsVerified: proofs,
  checkpointsVerified: checkpoints,
  withoutBundle,
}: NonNullable<RotationResult['verification']>): Receipt['rotation']['verified'] {
  return { entries, proofs, checkpoints, withoutBundle };
}

function shardsOf({ inactive }: SignedEvidence): Receipt['shards'] {
  return inactive.map(({ treeId, length, logId, checkpoint }, position) => ({
    ...{ treeId, length, logId, checkpoint },
    firstIndex: firstIndexAfter(inactive.slice(0, position)),
    rootHash: parseCheckpoint(checkpoint).root.toString('hex'),
  }));
}

function firstLeafOf({ active, firstLeaf }: SignedEvidence): Receipt['firstLeaf'] {
  const { body, integratedTime, logIndex, signedEntryTimestamp, checkpoint, path } = firstLeaf;
  const uuid = leafHash(Buffer.from(body, 'base64')).toString('hex');
  return {
    entryId: entryIdOf(active.treeId, uuid),
    ...{ body, integratedTime, logIndex, signedEntryTimestamp, checkpoint, path: [...path] },
  };
}

function pemOf(der: string): string {
  const key = createPublicKey({ key: Buffer.from(der, 'base64'), format: 'der', type: 'spki' });
  return key.export({ type: 'spki', format: 'pem' }).toString();
}
