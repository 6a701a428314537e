import type { Check } from '../../workflows/model/checks';
import type { Instance } from '../../workflows/model/log';
import type { RefusalCode } from '../../workflows/model/refusals';
import type { PemFile } from '../clients/authorities';
import { refuse } from '../errors/refusal-error';
import { publicAddress } from '../steps/log-addresses';
import type { BoundSystems } from '../systems';
import type { LogAddress } from '../verification/target';
import { examined, type Weight } from './examined';
import { wayOfWrites, type CountedWrites } from './gate-counts';
import { answersReads, sendProbe, type ProbeAnswer, type ProbeSize, type ProbeWays } from './probes';

/** Larger than what nginx takes unless it is told otherwise: 1 MiB. Bytes. */
const LARGE_ENTRY_BYTES = 1_250_000;

/**
 * As much as clients may send that log in somewhere: the largest cookie that browsers keep, and a token of 3 KiB. Each line is
 * shorter than what nginx, HAProxy and Apache take unless they are told otherwise. The token's header is none that anybody
 * takes for one.
 */
const LARGE_HEADERS = {
  cookie: `rekor-rotate-doctor=${'c'.repeat(4_076)}`,
  'x-rekor-rotate-doctor': 't'.repeat(3_072),
} as const;

/** What else is asked than the log's systems know. */
export interface PublicWays {
  /** As the gate counts them; absent where no gate is before the log. */
  readonly refusedWrites?: CountedWrites['refusedWrites'] | undefined;
  readonly authorities?: PemFile | undefined;
}

/** Whether writes take the way on which they can be held, and whether large ones, and those with large headers, come through. */
export async function examinePublicAddress(
  systems: BoundSystems,
  current: readonly Instance[],
  { refusedWrites, authorities }: PublicWays,
): Promise<Check[]> {
  const { log, bounds } = systems;
  const { signal } = bounds;
  const address = publicAddress(systems);
  const [instance] = current;
  if (!instance) {
    return [];
  }
  const itself = { url: instance.url, field: instance.field ?? 'installation' };
  const ways: ProbeWays = { signal, authorities };
  /** The status that Rekor itself answers with, without anything before it. */
  const expectedOf = async (size: ProbeSize): Promise<number> => {
    const answer = await sendProbe(itself, size, ways);
    if ('status' in answer) return answer.status;
    throw unreachable(log, itself, answer.silence);
  };
  /** How the public address answers; one that answers nothing at all has been told of by preflight. */
  const publicAnswer = async (size: ProbeSize): Promise<ProbeAnswer> => {
    const answer = await sendProbe(address, size, ways);
    if ('silence' in answer && !(await answersReads(address, ways))) {
      throw unreachable(log, address, answer.silence);
    }
    return answer;
  };

  /** One write to the public address, which is answered as Rekor itself does. */
  const send = async (expected: number): Promise<void> => {
    const answer = await publicAnswer({});
    if (!isAnswered(answer, expected)) {
      throw refuse('PUBLIC_ADDRESS_ANSWERS_ITSELF', { ...address, ...answer, expected });
    }
  };
  const answers = (): Promise<Check[]> =>
    examined('PUBLIC_WRITES_ANSWERED', 'warning', async () => {
      await send(await expectedOf({}));
      return address;
    });
  const passesBy = (counting: CountedWrites['refusedWrites']): Promise<Check[]> =>
    examined('PUBLIC_WRITES_PASS_GATE', pastGateOnly, async () => {
      const expected = await expectedOf({});
      await send(expected);
      // What Rekor answers otherwise is counted elsewhere.
      const way =
        expected >= 400 && expected < 499
          ? await wayOfWrites({ refusedWrites: counting, send: () => send(expected) }, signal)
          : { unknown: `Rekor itself answers an entry that is none with ${expected}` };
      if (way === 'past the gate') throw refuse('PUBLIC_ADDRESS_PAST_GATE', { log, ...address });
      if (way !== 'through the gate') {
        throw refuse('PUBLIC_WAY_UNKNOWN', { log, ...address, reason: way.unknown });
      }
      return address;
    });
  const passes = await (refusedWrites ? passesBy(refusedWrites) : answers());
  const takesLarge = await examined('LARGE_ENTRIES_PASS', 'warning', async () => {
    const bytes = LARGE_ENTRY_BYTES;
    const size = { padding: bytes };
    const [answer, expected] = await Promise.all([publicAnswer(size), expectedOf(size)]);
    if (!isAnswered(answer, expected)) {
      throw refuse('LARGE_ENTRIES_STOPPED', { ...address, bytes, ...answer, expected });
    }
    return { url: address.url, bytes };
  });
  const takesHeaders = await examined('LARGE_HEADERS_PASS', 'warning', async () => {
    const bytes = Object.values(LARGE_HEADERS).join('').length;
    const size = { headers: LARGE_HEADERS };
    const [answer, expected] = await Promise.all([publicAnswer(size), expectedOf(size)]);
    if (isAnswered(answer, expected)) return { url: address.url, bytes };
    // What stops every write is told above, and nothing of headers is known then.
    if (!isAnswered(await publicAnswer({}), expected)) throw unreachable(log, address, 'it stops any write');
    throw refuse('LARGE_HEADERS_STOPPED', { ...address, bytes, ...answer, expected });
  });
  return [...passes, ...takesLarge, ...takesHeaders];
}

function isAnswered(answer: ProbeAnswer, expected: number): boolean {
  return 'status' in answer && answer.status === expected;
}

function unreachable(log: string, { url, field }: LogAddress, reason: string) {
  return refuse('REKOR_UNREACHABLE', { log, instance: field, url, reason });
}

/** What passes beside the gate cannot be held; an answer of somebody else may be meant. */
function pastGateOnly(reason: RefusalCode): Weight {
  return reason === 'PUBLIC_ADDRESS_PAST_GATE' ? 'refused' : 'warning';
}
