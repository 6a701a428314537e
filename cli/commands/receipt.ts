import { existsSync } from 'node:fs';
import path from 'node:path';
import { version } from '../../activities/version';
import { readTrustedKeys } from '../../audit/trusted-keys';
import { logNamed } from '../../config/load';
import { createFolder } from '../../files/new-folder';
import { makeReceipt, NoReceipt } from '../../receipt/making';
import { packOf, RECEIPT_FILE } from '../../receipt/pack/pack';
import type { Receipt } from '../../receipt/schema';
import { receiptText } from '../../receipt/seal';
import { verifyReceipt } from '../../receipt/verify';
import type { EndedRotation } from '../ended';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';
import { writtenText } from '../receipt/text';
import type { RotationClient } from '../rotation-client';
import type { Terminal } from '../terminal';
import { logGiven, wordsMissing } from '../usage';
import { withClient } from '../with-client';

export interface ReceiptOptions {
  readonly config?: string;
  readonly out?: string;
}

/** So many rotations that have ended are looked through. */
const MOST = 500;

/** `receipt LOG [ROTATION] --out FOLDER`: from what Temporal has kept of a rotation; the log is not asked. */
export async function receipt(
  name: string | undefined,
  rotation: string | undefined,
  options: ReceiptOptions,
  terminal: Terminal,
): Promise<number> {
  const { out = '' } = options;
  const log = logGiven(name, options, wordsMissing(options.out, 'Say which folder to make: --out FOLDER.'));
  return await withClient(log, options, async (client, configuration) => {
    const ended = await rotationNamed(client, log, rotation, () => logNamed(configuration, log));
    const made = await receiptOf(client, ended);
    await write(out, made);
    terminal.out(writtenText(made, path.resolve(out), terminal.columns));
    return exitCodes.done.code;
  });
}

/** The rotation of that id, or the last one that completed. */
async function rotationNamed(
  client: RotationClient,
  log: string,
  rotation: string | undefined,
  mustBeKnown: () => unknown,
): Promise<EndedRotation> {
  const { ended, more } = await client.ended(log, MOST);
  if (ended.length === 0) {
    // A misspelt name must not read as "nothing has ended".
    mustBeKnown();
  }
  // What was terminated has no result; the recovery that ended it has one, of the same id.
  const found = ended.find(({ result }) =>
    rotation === undefined
      ? result?.outcome === 'completed' || result?.outcome === 'superseded'
      : result?.rotationId === rotation,
  );
  if (found) {
    return found;
  }
  const what = rotation === undefined ? 'no rotation that completed' : `no result of rotation ${rotation}`;
  const where = more ? `among the last ${MOST}` : 'any more, or not yet';
  throw new CommandError(
    `Temporal has ${what} of ${log} ${where}. \`rekor-rotate history ${log}\` lists what it has.`,
    exitCodes.refused,
  );
}

/** Makes it, and proves it as its readers will: what does not hold is not handed out. */
async function receiptOf(client: RotationClient, ended: EndedRotation): Promise<Receipt> {
  try {
    if (!ended.result) {
      throw new NoReceipt('It ended without a result.');
    }
    const made = makeReceipt(ended.result, { ...(await client.course(ended)), version: version() });
    const own = made.keys.flatMap(({ publicKey }) => readTrustedKeys(publicKey));
    const [failure] = verifyReceipt(receiptText(made), own).failures;
    if (failure) {
      throw new NoReceipt(
        `What its result says was signed does not hold: ${failure.where}: ${failure.what}.`,
      );
    }
    return made;
  } catch (error) {
    throw error instanceof NoReceipt
      ? new CommandError(error.message, exitCodes.refused, { cause: error })
      : error;
  }
}

async function write(folder: string, made: Receipt): Promise<void> {
  try {
    await createFolder(folder, packOf(made));
  } catch (error) {
    const isThere = existsSync(folder);
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(
      isThere
        ? `${folder} is there already, and nothing in it is changed. Name a folder that is not there.`
        : `${path.join(folder, RECEIPT_FILE)} could not be written: ${why}.`,
      isThere ? exitCodes.refused : exitCodes.failed,
      { cause: error },
    );
  }
}
