import { z } from 'zod';
import { canonicalUrl } from '../workflows/model/base-url';
import { LARGEST_NUMBER } from '../workflows/model/fencing';

/** `http://host:port`: a Rekor. No path, so that requests go on exactly as they came. In one spelling in the result. */
export const instanceUrl = z
  .string()
  .refine(isOrigin, { error: 'must be http(s)://HOST:PORT without user, path and query' })
  .transform(canonicalUrl);

/** A set of Rekors: each once, and in one order, since theirs means nothing. */
export const instanceUrls = z
  .array(instanceUrl)
  .min(1)
  .max(1_000)
  .transform((urls) => [...new Set(urls)].sort());

function isOrigin(text: string): boolean {
  return /^https?:\/\/[^/?#@\s]+\/?$/i.test(text) && URL.canParse(text);
}

const treeId = z.string().regex(/^[1-9]\d*$/, 'must be a tree id in decimal, as a text');

/** What a Rekor must have loaded. */
export const loadedShards = z.strictObject({
  activeTreeId: treeId,
  inactive: z.array(z.strictObject({ treeId, length: z.number().int().nonnegative() })).max(10_000),
});

const identity = {
  attemptId: z.string().min(1).max(200),
  number: z.number().int().nonnegative().max(LARGEST_NUMBER),
};

/** Ten minutes: far beyond any critical section, so a larger one is a mistake of units. */
const LONGEST_LEASE_MS = 600_000;

export const holdOrder = z.strictObject({
  ...identity,
  leaseMs: z.number().int().min(1).max(LONGEST_LEASE_MS),
});

export const sendOrder = z.strictObject({
  ...identity,
  instances: instanceUrls,
  shards: loadedShards.optional(),
});

export const shardsNotice = z.strictObject({
  number: identity.number,
  instances: instanceUrls,
  shards: loadedShards.nullable(),
});

export const nextNotice = z.strictObject({ ...shardsNotice.shape, shards: loadedShards });

/** What is wrong with an order, each with its field, on one line. */
export function problems(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'order'}: ${issue.message}`).join('; ');
}
