import { failedCheck, passedCheck, type Check } from '../../workflows/model/checks';
import type { PlannedSigner } from '../../workflows/model/installation';
import type { NewKey } from '../../workflows/model/plan';
import { refusal } from '../../workflows/model/refusals';
import { retryWhileUnreachable } from '../bounds/retry-while-unreachable';
import { foundOrRefused } from '../errors/refusal-error';
import type { BoundSystems, ExpectedSigner } from '../systems';
import type { LogKey } from '../verification/log-key';
import type { LogIdentity } from '../verification/rehearsal';
import { detailsOf, isOfUsualKind, trustedRootEntry } from '../verification/trusted-root-entry';
import { expectedKey, requirePublished } from './expected-key';

/** What could not be reached is tried again for this long, in milliseconds. */
const PATIENCE_MS = 1_000;

/** What was found of the signer, and of the key that clients must trust before it signs. */
export interface FoundSigner {
  readonly checks: readonly Check[];
  readonly newKey?: NewKey;
}

/** Looks at what can be known of a change of key before the next release is started with it. Changes nothing. */
export async function checkSigner(
  systems: BoundSystems,
  signer: PlannedSigner | undefined,
  served: LogIdentity | null,
): Promise<FoundSigner> {
  const { expectedSigner } = systems;
  if (!signer || !expectedSigner) {
    return { checks: [] };
  }
  const { what, changes, named } = signer;
  const former = served?.logId;
  const known = passedCheck('SIGNER_KNOWN', {
    ...{ what, former: former ?? 'that could not be read' },
    named: changes ? named.length : null,
  });
  const { found: next, refusal: unusable } = await foundOrRefused(async () => expectedKey(expectedSigner));
  if (unusable) {
    return { checks: [failedCheck('SIGNER_KNOWN', unusable)] };
  }
  if (!changes) {
    return { checks: [known] };
  }
  const unusual =
    next && !isOfUsualKind(next.key) && refusal('NEW_KEY_UNUSUAL', { what, kind: detailsOf(next.key) });
  const published = await checkPublished(systems, expectedSigner, { what, former, next });
  const { url } = expectedSigner.trustedRootUrl === undefined ? {} : { url: expectedSigner.trustedRootUrl };
  const isReady = published.every(({ state }) => state === 'ok') && published.length > 0;
  return {
    checks: [unusual ? failedCheck('SIGNER_KNOWN', unusual, 'warning') : known, ...published],
    newKey: {
      ...(former !== undefined && { former }),
      ...(next && {
        next: next.logId,
        trustedRootEntry: entryOf(systems, next, served),
      }),
      ...(isReady && url !== undefined && { publishedAt: url }),
    },
  };
}

/** Where clients get the trusted root, it has both keys. One that nobody named here is asked for when it is known. */
async function checkPublished(
  systems: BoundSystems,
  expected: ExpectedSigner,
  { what, former, next }: { what: string; former: string | undefined; next: LogKey | undefined },
): Promise<Check[]> {
  const { log, bounds } = systems;
  const { trustedRootUrl: url } = expected;
  if (url === undefined || !next) {
    const unchecked = refusal('NEW_KEY_NOT_CHECKED', { log, what });
    return url === undefined ? [failedCheck('TRUSTED_ROOT_READY', unchecked, 'warning')] : [];
  }
  if (former === undefined) {
    return [];
  }
  const { refusal: refused } = await foundOrRefused(() =>
    retryWhileUnreachable(
      bounds,
      () => requirePublished(systems, expected, { former, next: next.logId }),
      PATIENCE_MS,
    ),
  );
  return [
    refused
      ? failedCheck('TRUSTED_ROOT_READY', refused)
      : passedCheck('TRUSTED_ROOT_READY', { url, logId: next.logId }),
  ];
}

/** Valid from now on: what clients know later than the first signature, they do not know in time. */
function entryOf({ publicUrl }: BoundSystems, { key, logId }: LogKey, served: LogIdentity | null): unknown {
  const since = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString();
  const { hostname } = served ?? { hostname: new URL(publicUrl).hostname };
  return trustedRootEntry({ key, logId, since, address: publicUrl, hostname });
}
