import { statSync } from 'node:fs';
import { readTrustedKeys } from '../../audit/trusted-keys';
import { verifyReceipt } from '../../receipt/verify';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';
import { readOptionFiles } from '../option-files';
import { verdictForPrograms, verdictText } from '../receipt/text';
import type { Terminal } from '../terminal';

export interface ReceiptVerifyOptions {
  readonly key: readonly string[];
  readonly json?: boolean;
}

/** No receipt is longer: what it is made of has 0.1 MB at most. Bytes. */
const MOST_BYTES = 10_000_000;

/** `receipt verify FILE --key FILE`: without any network. Exits with 8 when it does not hold. */
export function receiptVerify(file: string, options: ReceiptVerifyOptions, terminal: Terminal): number {
  const problems: string[] = [];
  if (options.key.length === 0) {
    problems.push(
      '--key is missing; give the public key of the log, as you have it from somewhere else than from this receipt',
    );
  }
  const keys = readOptionFiles('--key', options.key, readTrustedKeys, problems);
  const [text = ''] = readOptionFiles('The receipt', [file], (content) => [content], problems);
  if (problems.length === 0 && statSync(file).size > MOST_BYTES) {
    problems.push(`${file} is too large for a receipt`);
  }
  if (problems.length > 0) {
    const said = problems.length === 1 ? `${problems.join('')}.` : ['This is wrong:', ...problems].join('\n');
    throw new CommandError(said, exitCodes.usage);
  }
  const verdict = verifyReceipt(text, keys);
  terminal.out(
    options.json
      ? JSON.stringify(verdictForPrograms(verdict), null, 2)
      : verdictText(verdict, terminal.columns),
  );
  return (verdict.failures.length > 0 ? exitCodes.unproven : exitCodes.done).code;
}
