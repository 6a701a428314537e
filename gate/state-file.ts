import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { removeUnfinished, replaceFile } from '../files/atomic-file';
import { refusal } from '../workflows/model/refusals';
import { LARGEST_NUMBER } from '../workflows/model/fencing';
import { holdFigures, instanceUrls, loadedShards, switching, type HoldFigures } from './messages';
import type { GateMemory } from './orders';
import { GateStartError } from './start-error';

/** What survives the gate. */
export interface SavedState extends GateMemory {
  readonly hold: HoldFigures | null;
}

const savedState = z.strictObject({
  version: z.literal(2),
  mode: z.enum(['pass', 'hold']),
  instances: instanceUrls,
  attemptId: z.string().nullable(),
  number: z.int().nonnegative().max(LARGEST_NUMBER),
  shards: loadedShards.nullable().default(null),
  switching: switching.default('no'),
  leaseMs: z.int().nonnegative().default(0),
  asOf: z.int().nonnegative().optional(),
  hold: holdFigures.strict().nullable(),
});

/**
 * The saved state, or null when there is no file. Refuses to guess from a file that it does not understand. Leaves alone what
 * another process may be writing.
 */
export async function readState(file: string): Promise<SavedState | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unreadable(file, error);
  }
  try {
    const saved = savedState.parse(JSON.parse(text));
    const { mode, instances, attemptId, number, shards, leaseMs, hold, asOf } = saved;
    return {
      ...{ mode, instances, attemptId, number, shards, switching: saved.switching, leaseMs, hold },
      ...(asOf !== undefined && { asOf }),
    };
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** The saved state as `readState` has it, for a gate that is alone: whatever one that was killed has not finished is no state. */
export async function loadState(file: string): Promise<SavedState | null> {
  const state = await readState(file);
  if (!state) return null;
  await removeUnfinished(file).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  return state;
}

/** Returns when a crash of the machine can no longer bring back what was there before. */
export async function saveState(file: string, state: SavedState): Promise<void> {
  await replaceFile(file, `${JSON.stringify({ version: 2, ...state }, null, 2)}\n`, { mode: 0o600 });
}

function unreadable(file: string, error: unknown): GateStartError {
  // A parser quotes the file in its errors.
  const reason =
    error instanceof z.ZodError
      ? z.prettifyError(error)
      : error instanceof SyntaxError
        ? 'it is not JSON'
        : (error as Error).message;
  return new GateStartError(refusal('GATE_STATE_UNREADABLE', { file, reason }), { cause: error });
}
