import type { Client } from '@temporalio/client';
import { searchAttributeNames } from '../../workflows/model/search-attributes';

/** `INDEXED_VALUE_TYPE_KEYWORD` of temporal.api.enums.v1. */
export const KEYWORD = 2;

/**
 * Which of our search attributes the namespace has as Keywords. Nothing depends on them, so whatever cannot be read is not
 * there, and is not set (H24).
 */
export async function registeredAttributes(client: Client): Promise<readonly string[]> {
  try {
    const { namespace } = client.options;
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
    return searchAttributeNames.filter((name) => Number(customAttributes[name]) === KEYWORD);
  } catch {
    return [];
  }
}
