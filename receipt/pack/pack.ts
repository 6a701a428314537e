import type { Receipt } from '../schema';
import { receiptText } from '../seal';
import { monitorsNote, noteFor, witnessesNote } from './notes';
import { statusPage } from './status-page';
import { trustedRootEntries } from './trusted-root';

/** The file of the receipt itself. */
export const RECEIPT_FILE = 'receipt.json';

/** A receipt, and beside it what whoever reads the log must be told and given; texts by the names of their files. */
export function packOf(receipt: Receipt): ReadonlyMap<string, string> {
  return new Map([
    [RECEIPT_FILE, receiptText(receipt)],
    ['trusted-root-tlogs.json', `${JSON.stringify(trustedRootEntries(receipt), null, 2)}\n`],
    ['for-monitors.md', monitorsNote(receipt)],
    ['for-mirrors.md', noteFor(receipt, 'for mirrors and crawlers', ['everyone', 'mirrors'])],
    ['for-witnesses.md', witnessesNote(receipt)],
    [
      'for-clients.md',
      noteFor(receipt, 'for clients and verifiers', ['everyone', 'clients', 'verifiers', 'resenders']),
    ],
    ['status-page.md', statusPage(receipt)],
  ]);
}
