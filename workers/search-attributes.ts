import type { Logger } from 'pino';
import { errorReason } from '../activities/errors/error-reason';
import { KEYWORD } from '../activities/steps/search-attributes';
import type { TemporalTarget } from '../config/temporal-target';
import { searchAttributeNames, type SearchAttribute } from '../workflows/model/search-attributes';
import { withTemporal, type TemporalClient } from './temporal-connection';

/** How long Temporal may take over the calls, in milliseconds. */
const CALLS_MS = 10_000;

/** What became of our search attributes. */
export interface AttributesMade {
  readonly made: readonly SearchAttribute[];
  /** There under the same name, with another type: not used. */
  readonly ofAnotherType: readonly SearchAttribute[];
}

/**
 * Makes the search attributes that are missing, where this worker may. Without them everything works; only lists of
 * workflows show less. Throws nothing, and says what a person can do.
 */
export async function keepSearchAttributes(target: TemporalTarget, logger: Logger): Promise<void> {
  const byHand = attributesByHand(target.namespace, searchAttributeNames);
  try {
    const { made, ofAnotherType } = await withTemporal(target, (temporal) =>
      makeSearchAttributes(temporal, target.namespace),
    );
    if (made.length > 0) {
      logger.info({ made }, 'made search attributes: lists of workflows show logs, phases and outcomes');
    }
    if (ofAnotherType.length > 0) {
      logger.warn({ ofAnotherType }, 'search attributes are there with another type than Keyword: not used');
    }
  } catch (error) {
    logger.warn(
      { reason: errorReason(error), byHand },
      'search attributes could not be made: lists of workflows do not show phases',
    );
  }
}

/** The command by which a person makes these. */
export function attributesByHand(namespace: string, names: readonly SearchAttribute[]): string {
  const each = names.map((name) => ` --name ${name} --type Keyword`);
  return `temporal operator search-attribute create --namespace ${namespace}${each.join('')}`;
}

/** Makes those that are missing. Adding one again, even with another type, is no error: so they are looked at first. */
export async function makeSearchAttributes(
  { connection }: Pick<TemporalClient, 'connection'>,
  namespace: string,
): Promise<AttributesMade> {
  return await connection.withDeadline(Date.now() + CALLS_MS, async () => {
    const { operatorService } = connection;
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    const made = searchAttributeNames.filter((name) => customAttributes[name] === undefined);
    const ofAnotherType = searchAttributeNames.filter(
      (name) => !made.includes(name) && Number(customAttributes[name]) !== KEYWORD,
    );
    if (made.length > 0) {
      await operatorService.addSearchAttributes({
        namespace,
        searchAttributes: Object.fromEntries(made.map((name) => [name, KEYWORD])),
      });
    }
    return { made, ofAnotherType };
  });
}
