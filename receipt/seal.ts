import { createHash } from 'node:crypto';
import { receiptSchema, type Receipt, type UnsealedReceipt } from './schema';

/** Signs nothing: whoever forges a receipt can make it anew. It finds what was damaged, also in what no key has signed. */
export function sealed(receipt: UnsealedReceipt): Receipt {
  return receiptSchema.parse({ ...receipt, sha256: digestOf(receipt) });
}

/** Whether nothing in it has changed since it was written; blanks and the order of fields do not count. */
export function isWhole({ sha256, ...receipt }: Receipt): boolean {
  return digestOf(receipt) === sha256;
}

/** As it stands in a file. */
export function receiptText(receipt: Receipt): string {
  return `${JSON.stringify(receipt, null, 2)}\n`;
}

/** SHA-256 over the receipt without its digest: JSON without blanks, the fields in the order of the schema; lower-case hex. */
function digestOf(receipt: UnsealedReceipt): string {
  const ordered = receiptSchema.omit({ sha256: true }).parse(receipt);
  return createHash('sha256').update(JSON.stringify(ordered)).digest('hex');
}
