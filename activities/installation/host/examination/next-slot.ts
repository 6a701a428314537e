import { failedCheck, passedCheck, type Check } from '../../../../workflows/model/checks';
import { refusal } from '../../../../workflows/model/refusals';
import { isSwitchedOn } from '../../../../programs/command-line-flags';
import type { CommandProgram } from '../../../../programs/command-program';
import type { FoundProgram } from '../../../../programs/found-program';
import { valueOf } from '../../../../programs/variables';
import type { RekorFlag } from '../../../../programs/wanted-flags';
import type { ExaminedHost, ExaminedSlot } from './examined-host';
import { servingProcess } from './serving-process';
import { slotProgram } from './slot-program';
import { startsUnit } from './systemd';

/** What a Rekor is started with, as far as it is seen. */
type Seen = Pick<FoundProgram, 'flags' | 'mayHaveMore' | 'variable'> & {
  readonly slot: string;
  readonly where: string;
};

/** How the values of a flag are compared, and what Rekor takes without it (rekor: cmd/rekor-server/app/root.go). */
interface Compared {
  readonly absent: string;
  readonly same: (value: string) => string;
}

const asWritten = (value: string): string => value;
const text: Compared = { absent: '', same: asWritten };
const address: Compared = {
  absent: '127.0.0.1',
  same: (value) => (value === 'localhost' ? '127.0.0.1' : value),
};
const switched = (absent: 'true' | 'false'): Compared => ({
  absent,
  same: (value) => String(isSwitchedOn(value)),
});
const list: Compared = { absent: '', same: (value) => value.split(',').sort().join() };

const PROVIDER = 'search_index.storage_provider' satisfies RekorFlag;

/** What is looked for at an index, whichever keeps it. */
const ofAnyIndex: Partial<Record<RekorFlag, Compared>> = {
  enable_retrieve_api: switched('true'),
  [PROVIDER]: { absent: 'redis', same: asWritten },
};

/** By the provider of the index. */
const ofIndex: Readonly<Record<string, Partial<Record<RekorFlag, Compared>>>> = {
  redis: {
    'redis_server.address': address,
    'redis_server.port': { absent: '6379', same: asWritten },
    'redis_server.enable-tls': switched('false'),
  },
  mysql: {
    // Each may have a user of its own, and parameters that say how it is asked.
    'search_index.mysql.dsn': {
      absent: '',
      same: (dsn) => dsn.slice(dsn.lastIndexOf('@') + 1).replace(/\?.*/s, ''),
    },
  },
};

/** What clients would miss, or see changed, where only one has it. */
const others: Partial<Record<RekorFlag, Compared>> = {
  'rekor_server.signer': { absent: 'memory', same: asWritten },
  'rekor_server.hostname': text,
  'rekor_server.new_entry_publisher': text,
  enable_attestation_storage: switched('false'),
  attestation_storage_bucket: text,
  enabled_api_endpoints: list,
  enabled_entry_types: list,
  'client-signing-algorithms': list,
  max_request_body_size: { absent: '0', same: asWritten },
  'trillian_log_server.address': address,
  'trillian_log_server.port': { absent: '8090', same: asWritten },
  'trillian_log_server.tls': switched('false'),
};

/**
 * Whether the Rekor that a rotation would start has what the one that serves has: above all the search index, which no proof
 * reads (H30). Nothing is started; where its arguments cannot be seen, that is said.
 */
export async function examineNextSlot({ slots, state, signal }: ExaminedHost): Promise<Check[]> {
  const [current, next] = [state.current, state.next].map(({ id }) => slots.find(({ name }) => name === id));
  if (!current || !next) return [];
  const [serving, starting] = await Promise.all([seenOfServing(current, signal), slotProgram(next, signal)]);
  // Of two units systemd itself tells more.
  const bySystemd = [current, next].every(({ commands }) => startsUnit(commands.start));
  if (!serving) {
    const seen = `How the Rekor that serves in slot ${current.name} was started is not known, so the next one is not compared with it`;
    return bySystemd ? [] : [passedCheck('NEXT_STARTS_ALIKE', { seen, notAll: true })];
  }
  if ('unknown' in starting) {
    const reason = `How the start command of slot ${next.name} would start Rekor is not known: ${starting.unknown}`;
    const seen = `${reason}. Compare its arguments yourself with those of ${serving.where}`;
    return bySystemd ? [] : [passedCheck('NEXT_STARTS_ALIKE', { seen, notAll: true })];
  }
  const found = { ...starting, slot: next.name };
  return [...indexCheck(serving, found), ...(bySystemd ? [] : otherCheck(serving, found))];
}

/** Its process, where this user may see it; else what its start command says. */
async function seenOfServing(slot: ExaminedSlot, signal: AbortSignal): Promise<Seen | undefined> {
  const running = await servingProcess(slot);
  if (running) {
    const { pid, flags } = running;
    return {
      ...{ slot: slot.name, where: `process ${pid}`, flags },
      ...{ mayHaveMore: false, variable: () => undefined },
    };
  }
  const started: CommandProgram = await slotProgram(slot, signal);
  return 'unknown' in started ? undefined : { ...started, slot: slot.name };
}

function indexCheck(serving: Seen, next: Seen): Check[] {
  const providers = [serving, next].map((seen) => settingOf(seen, PROVIDER, ofAnyIndex[PROVIDER] ?? text));
  const flags = { ...ofAnyIndex, ...ofIndex[providers[0] ?? providers[1] ?? ''] };
  const { differing, unknown } = compared(serving, next, flags);
  const names = namesOf(serving, next);
  if (differing.length > 0) {
    const reason = refusal('SEARCH_INDEX_DIFFERS', { ...names, flags: differing });
    return [failedCheck('SEARCH_INDEX_SHARED', reason, 'warning')];
  }
  const seen =
    unknown.length === 0
      ? `${names.serving} and ${names.next}, which the rotation would start, are given the same search index`
      : `Whether ${names.serving} and ${names.next} have the same search index is not known: ${notSeen(unknown)}`;
  return [passedCheck('SEARCH_INDEX_SHARED', { seen, notAll: unknown.length > 0 })];
}

function otherCheck(serving: Seen, next: Seen): Check[] {
  const { differing, unknown } = compared(serving, next, others);
  const names = namesOf(serving, next);
  if (differing.length > 0) {
    const reason = refusal('NEXT_DIFFERS', { ...names, flags: differing });
    return [failedCheck('NEXT_STARTS_ALIKE', reason, 'warning')];
  }
  const alike = `${next.where} starts slot ${next.slot} as ${names.serving} was started`;
  const seen = unknown.length === 0 ? alike : `As far as it is seen, ${alike}; ${notSeen(unknown)}`;
  return [passedCheck('NEXT_STARTS_ALIKE', { seen, notAll: unknown.length > 0 })];
}

function namesOf(serving: Seen, next: Seen) {
  return { serving: `Rekor ${serving.slot} (${serving.where})`, next: `slot ${next.slot} (${next.where})` };
}

function notSeen(flags: readonly string[]): string {
  const names = flags.map((flag) => `--${flag}`);
  return names.length > 3
    ? `${names.length} flags are not seen, such as ${names[0]}`
    : `not seen is ${names.join(', ')}`;
}

/** The names of the flags, never their values, which may be secrets (H28). */
function compared(serving: Seen, next: Seen, flags: Partial<Record<RekorFlag, Compared>>) {
  const differing: string[] = [];
  const unknown: string[] = [];
  for (const [flag, how] of Object.entries(flags)) {
    const [one, other] = [settingOf(serving, flag, how), settingOf(next, flag, how)];
    if (one === undefined || other === undefined) unknown.push(flag);
    // A name may stand in both by chance, as `blue` does in `bluebird`.
    else if (one !== other && withoutName(one, serving) !== withoutName(other, next)) differing.push(flag);
  }
  return { differing, unknown };
}

function withoutName(value: string, { slot }: Seen): string {
  return value.replaceAll(slot, '*');
}

/** What a flag comes to; undefined where it is not seen. */
function settingOf(seen: Seen, flag: string, { absent, same }: Compared): string | undefined {
  const { flags, mayHaveMore } = seen;
  if (flags.has(flag)) {
    const value = valueOf(seen, flag);
    return value === undefined ? undefined : same(value);
  }
  // What a configuration file sets was not read.
  return mayHaveMore || flags.has('config') ? undefined : absent;
}
