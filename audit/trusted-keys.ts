import { type LogKey, readLogKey } from '../activities/verification/log-key';
import { NotProven } from '../activities/verification/not-proven';

/** The public keys of a PEM file, one or several. Throws NotProven where there is none, or one cannot be read. */
export function readTrustedKeys(text: string): LogKey[] {
  const blocks = text.match(/-----BEGIN PUBLIC KEY-----[\s\S]+?-----END PUBLIC KEY-----/g) ?? [];
  if (blocks.length === 0) throw new NotProven('ANSWER_UNREADABLE', 'there is no PEM public key in it');
  return blocks.map(readLogKey);
}
