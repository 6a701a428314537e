import { failedCheck, passedCheck, type Check } from '../../workflows/model/checks';
import type { InstallationState } from '../../workflows/model/installation';
import type { Shard } from '../../workflows/model/log';
import { refusal } from '../../workflows/model/refusals';
import { retryWhileUnreachable } from '../bounds/retry-while-unreachable';
import { withinTime } from '../bounds/signals';
import { foundOrRefused, refuse, type RefusalError } from '../errors/refusal-error';
import type { LogAddress } from '../verification/target';
import type { LogIdentity } from '../verification/rehearsal';
import type { BoundSystems } from '../systems';
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
export async function checkPublicLog(
  systems: BoundSystems,
  { activeTreeId, currentInstances }: InstallationState,
  inactive: readonly Shard[],
): Promise<{ readonly checks: readonly Check[]; readonly served: LogIdentity | null }> {
  const expected = { activeTreeId, inactive };
  const identityAt = async (address: LogAddress): Promise<readonly [Check, LogIdentity | null]> => {
    const read = (signal: AbortSignal) => systems.verifier.rehearse(address, expected, signal);
    const look = () =>
      withinTime(LONGEST_LOOK_MS, systems.bounds.signal, read, () => looksTooLong(systems, address));
    const { found, refusal: refused } = await foundOrRefused(() =>
      retryWhileUnreachable(systems.bounds, look, PATIENCE_MS),
    );
    return [
      refused ? failedCheck('LOG_CAN_BE_VERIFIED', refused) : passedCheck('LOG_CAN_BE_VERIFIED', address),
      found,
    ];
  };
  const address = publicAddress(systems);
  const [ofPublic, ...ofInstances] = await Promise.all([
    identityAt(address),
    ...currentInstances.map((instance) => identityAt(instanceAddress(systems, instance))),
  ]);
  const [check, served] = ofPublic;
  return {
    checks: [
      check,
      ...ofInstances.map(([ofInstance]) => ofInstance),
      ...(served ? [checkHostName(systems, address, served)] : []),
    ],
    served,
  };
}

/** Checkpoints are signed under the name that verifiers know: the configured one, or that of the public address. */
function checkHostName(
  { log, hostname: expected }: BoundSystems,
  { url, field }: LogAddress,
  { hostname: served }: LogIdentity,
): Check {
  if (expected === undefined) {
    return url.includes(served)
      ? passedCheck('HOST_NAME_EXPECTED', { hostname: served, field })
      : failedCheck(
          'HOST_NAME_EXPECTED',
          refusal('HOSTNAME_NOT_IN_ADDRESS', { log, served, field, url }),
          'warning',
        );
  }
  return served === expected
    ? passedCheck('HOST_NAME_EXPECTED', { hostname: served, field: `logs.${log}.hostname` })
    : failedCheck('HOST_NAME_EXPECTED', refusal('HOSTNAME_DIFFERS', { log, where: url, served, expected }));
}

function looksTooLong({ log }: BoundSystems, { url, field }: LogAddress): RefusalError {
  const reason = `not everything was answered within ${LONGEST_LOOK_MS / 1000} s`;
  return refuse('REKOR_UNREACHABLE', { log, instance: field, url, reason });
}
