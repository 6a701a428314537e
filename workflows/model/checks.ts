import { counted, entries } from './counted';
import type { DrainEvidence } from './drain';
import { editedText, type EditedSetting } from './plan-settings';
import type { Refusal, RefusalCode } from './refusals';

interface Looked {
  /** What was looked at; the same whatever came out. */
  readonly code: CheckCode;
  /** What was found, with its values, in whole sentences. */
  readonly found: string;
  /** What to do about it; empty where nothing is. */
  readonly remedy: string;
}

/** A check with nothing against a rotation. `notSeen`: not all that it tells of could be seen, and `found` says what. */
export interface PassedCheck extends Looked {
  readonly state: 'ok' | 'notSeen';
}

export interface FailedCheck extends Looked {
  /** A warning stands against nothing: no rotation changes what it tells of, and somebody should look at it. */
  readonly state: 'warning' | 'refused';
  /** Why: the entry of the catalogue of refusals that its words are from. */
  readonly reason: RefusalCode;
}

/** Whether something is not right: it then has a reason. */
export function isFailed(check: Check): check is FailedCheck {
  return check.state === 'warning' || check.state === 'refused';
}

/** What a check says that has not seen all that it tells of. */
interface NotAllSeen {
  readonly notSeen: string;
}

/** What was found, each a text. */
type Words<Names extends string> = Readonly<Record<Names, string>>;

/** One thing that was looked at before a rotation, and how it stands. A refusal is a check that failed. */
export type Check = PassedCheck | FailedCheck;

/** What a check has seen, in a sentence without its end; `notAll`: something that it tells of was not seen. */
interface Seen {
  readonly seen: string;
  readonly notAll?: boolean;
}

function seenText({ seen, notAll = false }: Seen, before = ''): string | NotAllSeen {
  const text = `${before}${seen}.`;
  return notAll ? { notSeen: text } : text;
}

/**
 * Every check, in the order in which people are shown them, and what one that is right says of what was found. One that is
 * not has its words from the catalogue of refusals. docs/refusals.md lists the same codes; a test keeps both equal.
 */
const catalogue = {
  TEMPORAL_ANSWERS: ({ address, version, namespace }: Words<'address' | 'version' | 'namespace'>) =>
    `Temporal ${version} at ${address} answers, and has the namespace "${namespace}".`,
  WORKER_POLLS: ({ taskQueue, workers }: { taskQueue: string; workers: readonly string[] }) =>
    `The task queue ${taskQueue} is polled by ${workers.join(', ')}.`,
  ATTRIBUTES_REGISTERED: ({ namespace }: Words<'namespace'>) =>
    `The namespace "${namespace}" has our search attributes.`,
  GUARDIAN_LOOKS: ({ log, agoSeconds }: { log: string; agoSeconds: number }) =>
    `The guardian of ${log} looked ${agoSeconds} s ago, and found nothing wrong.`,
  SCHEDULES_SAFE: ({ log, schedules }: { log: string; schedules: readonly string[] }) =>
    schedules.length === 0 ? `No schedule rotates ${log}.` : `Set safely: ${schedules.join(', ')}.`,
  NO_ROTATION_RUNS: ({ log }: { log: string }) => `No rotation and no recovery of ${log} runs.`,
  TRILLIAN_ANSWERS: ({ address, trees }: { address: string; trees: number }) =>
    `Trillian's log server at ${address} answers. It has ${counted(trees, 'tree')}.`,
  TRAFFIC_ANSWERS: ({ instances }: { instances: readonly string[] }) =>
    `Clients are sent to ${instances.join(', ')}.`,
  LOG_SERVERS_MEASURED: ({ inFlight }: { inFlight: number }) =>
    `The metrics of every log server can be read: ${counted(inFlight, 'write')} in flight.`,
  CONFIGURATION_READ: ({ current, tree, inactive }: { current: string; tree: string; inactive: number }) =>
    `The configuration of ${current} names tree ${tree} after ${counted(inactive, 'inactive shard')}.`,
  TREES_READ: ({ trees, size }: { trees: number; size: number }) =>
    `Trillian has every tree that the configuration names: ${trees}, with ${entries(size)}.`,
  INSTANCES_ANSWER: ({ instances }: { instances: readonly string[] }) =>
    `Rekor says what it has loaded: ${instances.join(', ')}.`,
  CHANGES_KNOWN: ({ counts }: { counts: string }) => `The changes are known: ${counts}.`,
  OWNERS_HELD_OFF: ({ owners }: { owners: readonly string[] }) =>
    `Nobody is known to take a rotation back by itself. ${owners.length === 0 ? 'The objects tell of no owner.' : `The objects are written by ${owners.join(', ')}.`}`,
  LOG_CAN_BE_VERIFIED: ({ url, field }: { url: string; field: string }) =>
    `${url} (${field}) serves all that a verification reads, and its newest entry, if it has one, verifies.`,
  HOST_NAME_EXPECTED: ({ hostname, field }: { hostname: string; field: string }) =>
    `Checkpoints are signed as "${hostname}", as ${field} says.`,
  SIGNER_KNOWN: ({ what, former, named }: { what: string; former: string; named: number | null }) =>
    named === null
      ? `The log is signed with ${what} already, key ${former}: no key changes.`
      : `The next tree will be signed with ${what}. ${counted(named, 'earlier shard')} will be named with the signer of now, key ${former}.`,
  TRUSTED_ROOT_READY: ({ url, logId }: Words<'url' | 'logId'>) =>
    `The trusted root at ${url} has the new key ${logId}, and the former one.`,
  LOG_SERVER_LISTED: ({ address }: { address: string }) =>
    `A call that Trillian at ${address} answers is counted on a metrics page of its log servers.`,
  DRAIN_PROVABLE: ({ by, pace, unmeasured = '' }: DrainEvidence) => {
    const proof = `${by === 'queue' ? "Trillian's queue in its database" : 'Two further passes of the signer'} will prove the drain.`;
    return pace
      ? `${proof} The signers made ${counted(pace.passes, 'pass', 'passes')} in ${pace.withinMs} ms.`
      : { notSeen: `${proof} The signers are not measured: ${unmeasured.replace(/\.?$/, '.')}` };
  },
  SIGNERS_IN_TIME: ({ mostMs }: { mostMs: number }) =>
    `No signer has a clock that is more than ${mostMs} ms behind that of a log server.`,
  DATABASE_SHOWS_TREE: ({ tree }: { tree: string }) =>
    `Trillian's database shows tree ${tree} as Trillian has it.`,
  LISTS_AGREE: ({ current }: { current: string }) =>
    `The configuration of ${current}, and what Rekor has loaded, list the shards as the trees tell of them.`,
  NUMBERS_LEFT: ({ number }: { number: number }) => `The first order of a rotation has number ${number}.`,
  ASKED_TREE_ACTIVE: ({ tree }: { tree: string }) => `Tree ${tree}, which was asked for, is the active one.`,
  CURRENT_TREE_ACTIVE: ({ tree, size }: { tree: string; size: number }) =>
    `The current tree, ${tree}, is an ACTIVE tree of type LOG with ${entries(size)}.`,
  INACTIVE_TREES_CLOSED: ({ trees }: { trees: number }) =>
    `Of ${counted(trees, 'inactive tree')} none is ACTIVE.`,
  INSTANCE_SERVES_SHARDS: ({ instance }: { instance: string }) =>
    `Rekor ${instance} serves exactly what the configuration and Trillian say.`,
  DRAIN_FITS: ({ waitsMs, mostMs }: { waitsMs: number; mostMs: number }) =>
    `A critical section may wait ${waitsMs} ms for its signers, and ${mostMs} ms is the most that fits.`,
  NEXT_IDLE: ({ next }: { next: string }) => `Rekor in ${next}, which the rotation would use, does not run.`,
  NOTHING_LEFT_OVER: ({ log }: { log: string }) =>
    `No interrupted rotation of ${log} has left anything behind.`,
  TRAFFIC_SENDS_WRITES: ({ instances }: { instances: readonly string[] }) =>
    `Writes are sent to ${instances.join(', ')}, and no other shards than the configured ones are known there.`,
  GATE_INSERTED: ({ service }: Words<'service'>) =>
    `${service}, by which clients reach the log, leads to the write gate.`,
  WRITES_WAIT: ({ hold }: { hold: string }) => `No write has to fail: the rotation will ${hold}.`,
  ROOM_TAKEN: ({ said }: { said: readonly string[] }) =>
    `A rotation takes room from what serves: ${said.join('; ')}.`,
  SECTION_LONG_ENOUGH: ({ foundMs, leastMs }: { foundMs: number; leastMs: number }) =>
    `The critical section may last ${foundMs} ms, and pods that end and come in it need ${leastMs} ms.`,
  MAY_BE_REHEARSED: ({ next }: { next: string }) =>
    `${next} can be started beside what serves, so a rehearsal costs no client anything.`,
  PLAN_AS_SHOWN: ({ hash }: { hash: string }) => `The plan is the one that was shown: ${hash.slice(0, 12)}.`,
  PLAN_FILE_HOLDS: ({ edited }: { edited: readonly EditedSetting[] }) =>
    `The log is as the plan file says. Edited in it: ${editedText(edited)}.`,
  CLOCKS_AGREE: ({ clocks, mostMs }: { clocks: readonly string[]; mostMs: number }) =>
    `No two clocks are seen to be more than ${mostMs} ms apart: ${clocks.join(', ')}.`,
  OPERATIONS_ON: ({ instance, off }: { instance: string; off: readonly string[] }) =>
    `Rekor ${instance} takes entries` +
    (off.length === 0
      ? ', and no operation is switched off there.'
      : `. Switched off there: ${off.join(', ')}.`),
  CHECKPOINTS_KEPT: ({ instance, shards }: { instance: string; shards: number }) =>
    shards === 0
      ? {
          notSeen: `Rekor ${instance} has no inactive shard yet, so nothing shows whether it is 1.3.9 or newer.`,
        }
      : `Rekor ${instance} answers with the same ${counted(shards, 'checkpoint')} of inactive shards each time.`,
  QUEUE_WITHIN_QUOTA: (seen: Seen) => seenText(seen),
  PUBLIC_WRITES_PASS_GATE: ({ url }: Words<'url'>) => `What is written to ${url} passes the write gate.`,
  PUBLIC_WRITES_ANSWERED: ({ url }: Words<'url'>) => ({
    notSeen: `What is written to ${url} is answered as Rekor itself does. No gate counts it, so which way it takes is not looked at: let it come by the Service that a rotation changes.`,
  }),
  LARGE_ENTRIES_PASS: ({ url, bytes }: { url: string; bytes: number }) =>
    `${url} takes an entry of ${bytes} bytes as Rekor itself does.`,
  LARGE_HEADERS_PASS: ({ url, bytes }: { url: string; bytes: number }) =>
    `${url} takes a request with ${bytes} bytes of headers as Rekor itself does.`,
  COMMANDS_FOUND: ({ programs }: { programs: readonly string[] }) =>
    `The programs of the slots' commands are there: ${programs.join(', ')}.`,
  STATUS_TELLS: ({ said }: { said: readonly string[] }) =>
    `The status commands tell the truth: ${said.join(', ')}.`,
  STARTS_ALLOWED: ({ unit, starts, limit }: { unit: string; starts: number; limit: string }) =>
    `systemd lets ${unit} start ${limit}; a rotation needs ${starts} in that time.`,
  UNITS_ALIKE: ({ one, other }: Words<'one' | 'other'>) => `systemd starts ${one} and ${other} alike.`,
  SEARCH_INDEX_SHARED: (seen: Seen) => seenText(seen),
  NEXT_STARTS_ALIKE: (seen: Seen) => seenText(seen),
  FILES_REPLACEABLE: ({ files }: { files: readonly string[] }) =>
    `This user may replace ${files.join(', ')}, with the same owner.`,
  FILES_KEEP_ACCESS: ({ files }: { files: number }) =>
    `${counted(files, 'file')} of the slots ${files === 1 ? 'has' : 'have'} nothing that is lost when replaced: no access control list, no second name.`,
  FORMER_SHARDS_REFUSED: ({ tree }: Words<'tree'>) =>
    `The cluster refuses a list without shard ${tree}, and that shard as the active tree.`,
  PROCESS_AS_CONFIGURED: ({ instance, ...seen }: Words<'instance'> & Seen) =>
    seenText(seen, `Rekor ${instance}: `),
} as const;

export type CheckCode = keyof typeof catalogue;

/** What a check that is right tells of. */
export type FoundBy<Code extends CheckCode> = Parameters<(typeof catalogue)[Code]>[0];

export const checkCodes = Object.keys(catalogue) as readonly CheckCode[];

/** A check with nothing against a rotation. */
export function passedCheck<Code extends CheckCode>(code: Code, found: FoundBy<Code>): PassedCheck {
  const word = catalogue[code] as (facts: typeof found) => string | NotAllSeen;
  const said = word(found);
  return typeof said === 'string'
    ? { code, state: 'ok', found: said, remedy: '' }
    : { code, state: 'notSeen', found: said.notSeen, remedy: '' };
}

/** A check that is not right, and why. */
export function failedCheck(
  code: CheckCode,
  { code: reason, message, remedy }: Refusal,
  state: FailedCheck['state'] = 'refused',
): FailedCheck {
  return { code, state, found: message, remedy, reason };
}

/** A check that may fail for several reasons at once, each of which is said; right without any. */
export function checked<Code extends CheckCode>(
  code: Code,
  found: FoundBy<Code>,
  refusals: readonly Refusal[],
): Check[] {
  return refusals.length === 0
    ? [passedCheck(code, found)]
    : refusals.map((refusal) => failedCheck(code, refusal));
}

/** What stands against a rotation. */
export function refusalsIn(checks: readonly Check[]): Refusal[] {
  return checks.flatMap((check) =>
    check.state === 'refused' ? [{ code: check.reason, message: check.found, remedy: check.remedy }] : [],
  );
}

/** In the order of the catalogue; those with one code stay as they are. */
export function inCatalogueOrder(checks: readonly Check[]): Check[] {
  return [...checks].sort((one, other) => checkCodes.indexOf(one.code) - checkCodes.indexOf(other.code));
}
