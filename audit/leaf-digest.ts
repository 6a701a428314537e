import { z } from 'zod';
import { parseJson } from '../activities/clients/parse-json';

/** rekor: pkg/types/hashedrekord/v0.0.1/hashedrekord_v0_0_1_schema.json */
const HashedRekord = z.object({
  kind: z.literal('hashedrekord'),
  spec: z.object({
    data: z.object({ hash: z.object({ algorithm: z.literal('sha256'), value: z.string() }) }),
  }),
});

/** What a hashedrekord commits to: SHA-256 in lower-case hex; null for an entry of another kind. */
export function digestIn(body: Buffer): string | null {
  const parsed = HashedRekord.safeParse(parseJson(body.toString('utf8')));
  return parsed.success ? parsed.data.spec.data.hash.value.toLowerCase() : null;
}
