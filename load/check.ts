import { createPublicKey, type KeyObject } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Acknowledgement } from './acknowledgement';
import { readEntry, type Entry } from './entry';
import { httpClient, type Answer, type HttpClient } from './http';
import { proveInclusion, provePromise } from './proof';

export interface CheckOptions {
  /** How many entries are asked for at a time. Default 8. */
  readonly concurrency?: number;
  /** Acknowledged before, and not asked for: none of their indexes may have been given again. */
  readonly earlier?: readonly Acknowledgement[];
}

export interface CheckReport {
  readonly acknowledged: number;
  /** Entries that are not served as acknowledged, by UUID or by index. */
  readonly lostEntries: number;
  /** Virtual indexes that were acknowledged for more than one entry. */
  readonly duplicateIndexes: number;
  /** Entries whose inclusion proof leads to a checkpoint that the log has signed. */
  readonly proofsVerified: number;
  /** All that was found, in words, with the entry it was found on. */
  readonly wrong: readonly string[];
}

interface EntryFindings {
  lost: boolean;
  proven: boolean;
  readonly wrong: string[];
}

/** How often a question that met a broken connection or a 5xx is asked: an unreachable log has not lost an entry. */
const ASKED = 3;

/** Asks the log for every acknowledged entry; see `Recorder.check`. */
export async function checkAcknowledgements(
  url: string,
  acknowledgements: readonly Acknowledgement[],
  options: CheckOptions = {},
): Promise<CheckReport> {
  const http = httpClient(url);
  const keys = publicKeys(http);
  const findings: EntryFindings[] = [];
  let next = 0;
  const checkRemaining = async (): Promise<void> => {
    for (let taken = next++; taken < acknowledgements.length; taken = next++) {
      const acknowledgement = acknowledgements[taken];
      if (acknowledgement) findings.push(await checkOne(http, keys, acknowledgement));
    }
  };
  try {
    await Promise.all(Array.from({ length: options.concurrency ?? 8 }, checkRemaining));
  } finally {
    await http.close();
  }
  const duplicates = indexesGivenTwice(acknowledgements, options.earlier ?? []);
  return {
    acknowledged: acknowledgements.length,
    lostEntries: findings.filter((finding) => finding.lost).length,
    duplicateIndexes: duplicates.length,
    proofsVerified: findings.filter((finding) => finding.proven).length,
    wrong: [...duplicates, ...findings.flatMap((finding) => finding.wrong)],
  };
}

/** One line for each virtual index of these acknowledgements that was acknowledged for more than one entry. */
function indexesGivenTwice(
  acknowledgements: readonly Acknowledgement[],
  earlier: readonly Acknowledgement[],
): string[] {
  const holders = new Map<number, Set<string>>();
  for (const { logIndex, entryId } of [...earlier, ...acknowledgements]) {
    holders.set(logIndex, (holders.get(logIndex) ?? new Set()).add(entryId));
  }
  const given = new Set(acknowledgements.map(({ logIndex }) => logIndex));
  return [...holders]
    .filter(([index, entryIds]) => given.has(index) && entryIds.size > 1)
    .map(([index, entryIds]) => `index ${index} was acknowledged for ${[...entryIds].join(' and ')}`);
}

async function checkOne(
  http: HttpClient,
  keyOf: (treeId: string) => Promise<KeyObject>,
  acknowledgement: Acknowledgement,
): Promise<EntryFindings> {
  const findings: EntryFindings = { lost: false, proven: false, wrong: [] };
  const say = (what: string): void => {
    findings.wrong.push(
      `entry ${acknowledgement.entryId}, acknowledged at ${acknowledgement.logIndex}: ${what}`,
    );
  };
  const read = async (path: string): Promise<Entry | null> => {
    try {
      const entry = await askForEntry(http, path);
      const differences = differencesFrom(acknowledgement, entry);
      differences.forEach((difference) => say(`${path} ${difference}`));
      findings.lost ||= differences.length > 0;
      return entry;
    } catch (error) {
      findings.lost = true;
      say(`${path} ${messageOf(error)}`);
      return null;
    }
  };
  const byUuid = await read(`/api/v1/log/entries/${acknowledgement.uuid}`);
  await read(`/api/v1/log/entries?logIndex=${acknowledgement.logIndex}`);
  try {
    const key = await keyOf(acknowledgement.treeId);
    if (acknowledgement.entry) provePromise(acknowledgement.entry, key);
    if (byUuid) {
      proveInclusion(byUuid, acknowledgement, key);
      findings.proven = true;
    }
  } catch (error) {
    say(messageOf(error));
  }
  return findings;
}

/** What an answered entry says otherwise than its acknowledgement did. */
function differencesFrom({ entryId, logIndex, entry }: Acknowledgement, answered: Entry): string[] {
  const differences: string[] = [];
  if (answered.entryId !== entryId) differences.push(`answers entry ${answered.entryId}`);
  if (answered.logIndex !== logIndex) differences.push(`answers index ${answered.logIndex}`);
  if (entry && answered.body !== entry.body) differences.push('answers another body');
  return differences;
}

async function askForEntry(http: HttpClient, path: string): Promise<Entry> {
  const { status, body } = await ask(http, path);
  if (status !== 200) throw new Error(`answers ${status ?? 'nothing'}: ${body.slice(0, 200)}`);
  return readEntry(body);
}

async function ask(http: HttpClient, path: string): Promise<Answer> {
  let answer = await http.get(path);
  for (let asked = 1; asked < ASKED && (answer.status === null || answer.status >= 500); asked += 1) {
    await sleep(200);
    answer = await http.get(path);
  }
  return answer;
}

/** Asks for each tree's key once. */
function publicKeys(http: HttpClient): (treeId: string) => Promise<KeyObject> {
  const asked = new Map<string, Promise<KeyObject>>();
  const fetchKey = async (treeId: string): Promise<KeyObject> => {
    const { status, body } = await ask(http, `/api/v1/log/publicKey?treeID=${treeId}`);
    if (status !== 200) throw new Error(`the key of tree ${treeId} cannot be had: ${status ?? 'no answer'}`);
    return createPublicKey(body);
  };
  return (treeId) => {
    const known = asked.get(treeId) ?? fetchKey(treeId);
    asked.set(treeId, known);
    return known;
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
