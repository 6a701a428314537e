import type { InstallationState } from '../../workflows/model/installation';
import type { Shard } from '../../workflows/model/log';
import type { PublicLog } from '../../workflows/model/plan';
import { refusal, type Refusal } from '../../workflows/model/refusals';
import type { ActivityBounds } from '../bounds/activity-bounds';
import { retryWhileUnreachable } from '../bounds/retry-while-unreachable';
import { foundOrRefused, RefusalError } from '../errors/refusal-error';
import type { LogSystems } from '../systems';
import type { LogAddress } from '../verification/verification';
import type { LogIdentity } from '../verification/rehearsal';
import { instanceAddress, publicAddress } from './log-addresses';

/** What could not be reached is tried again for this long, in milliseconds. */
const PATIENCE_MS = 1_000;

/**
 * An address that takes connections, or none, and answers nothing holds a plan up for this long, in milliseconds. A log of
 * many shards behind a slow line, or on a busy machine, needs seconds for all that is read.
 */
const LONGEST_LOOK_MS = 10_000;

/**
 * The log as its clients see it, read by what will verify it in the end: the public address, and each instance behind it. A
 * name that does not resolve, a certificate that nobody trusts or an operation that is switched off is known before anything
 * is changed; behind the point of no return it would hold the rotation. Changes nothing.
 */
export async function readPublicLog(
  systems: LogSystems,
  { activeTreeId, currentInstances }: InstallationState,
  inactive: readonly Shard[],
  bounds: ActivityBounds,
): Promise<PublicLog> {
  const refusals: Refusal[] = [];
  const expected = { activeTreeId, inactive };
  const identityAt = async (address: LogAddress): Promise<LogIdentity | undefined> => {
    const look = () =>
      withinTime(systems, address, bounds, (signal) => systems.verifier.rehearse(address, expected, signal));
    const { found, refusal: refused } = await foundOrRefused(() =>
      retryWhileUnreachable(bounds, look, PATIENCE_MS),
    );
    if (refused) {
      refusals.push(refused);
      return undefined;
    }
    return found;
  };
  const address = publicAddress(systems);
  const [served] = await Promise.all([
    identityAt(address),
    ...currentInstances.map((instance) => identityAt(instanceAddress(systems, instance))),
  ]);
  const warnings: string[] = [];
  if (served) {
    const { log, hostname: expectedName } = systems;
    const { hostname } = served;
    if (expectedName !== undefined && hostname !== expectedName) {
      const found = { log, where: address.url, served: hostname, expected: expectedName };
      refusals.push(refusal('HOSTNAME_DIFFERS', found));
    } else if (expectedName === undefined && !address.url.includes(hostname)) {
      warnings.push(
        `Checkpoints are signed as "${hostname}", which is not in ${address.field} (${address.url}). JavaScript verifiers refuse every entry unless the baseUrl in the trusted root of your clients has that name. If it has, set logs.${log}.hostname to it.`,
      );
    }
  }
  return { refusals, warnings };
}

async function withinTime<Result>(
  { log }: LogSystems,
  { url, field }: LogAddress,
  { signal }: ActivityBounds,
  look: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const time = AbortSignal.timeout(LONGEST_LOOK_MS);
  try {
    return await look(AbortSignal.any([signal, time]));
  } catch (error) {
    if (time.aborted && !signal.aborted && !(error instanceof RefusalError)) {
      const reason = `not everything was answered within ${LONGEST_LOOK_MS / 1000} s`;
      throw new RefusalError(refusal('REKOR_UNREACHABLE', { log, instance: field, url, reason }), {
        cause: error,
      });
    }
    throw error;
  }
}
