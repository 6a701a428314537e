import type { TreeId } from '../../workflows/model/log';
import { shown } from '../../workflows/model/shown';
import { isSignedBy, type LogKey } from './log-key';
import type { MerkleHead } from './merkle';
import { prove } from './not-proven';

/**
 * A Rekor checkpoint: a signed note over `<hostname> - <tree id>`, the size, the base64 root and any further
 * lines (rekor pkg/util/checkpoint.go, pkg/util/signed_note.go).
 */
export interface Checkpoint extends MerkleHead {
  readonly hostname: string;
  readonly treeId: TreeId;
  /** The signed bytes: everything up to and with the newline before the empty line. */
  readonly text: Buffer;
  readonly signatures: readonly ReturnType<typeof parseSignature>[];
}

const signatureLine = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/;

/** Takes a note apart without believing it; throws NotProven when it is not one of Rekor's checkpoints. */
export function parseCheckpoint(note: string): Checkpoint {
  const separator = note.lastIndexOf('\n\n');
  requireValid(separator >= 0 && note.endsWith('\n'), 'its checkpoint is not a signed note');
  const text = note.slice(0, separator + 1);
  const [origin = '', size = '', root = ''] = text.split('\n');
  const [, hostname, treeId] = /^(.+) - (\d+)$/.exec(origin) ?? [];
  requireValid(hostname !== undefined && treeId !== undefined, `its checkpoint's origin is ${shown(origin)}`);
  const leaves = /^(0|[1-9]\d*)$/.test(size) ? Number(size) : NaN;
  requireValid(Number.isSafeInteger(leaves), `its checkpoint's size is ${shown(size)}`);
  const rootHash = Buffer.from(root, 'base64');
  requireValid(
    rootHash.length === 32 && rootHash.toString('base64') === root,
    `its checkpoint's root is ${shown(root)}`,
  );
  const signatures = note
    .slice(separator + 2, -1)
    .split('\n')
    .map(parseSignature);
  return { hostname, treeId, size: leaves, root: rootHash, text: Buffer.from(text), signatures };
}

/** Parses the note and proves that it is of this tree and signed by this key under its own host name. */
export function verifyCheckpoint(note: string, treeId: TreeId, key: LogKey): Checkpoint {
  const checkpoint = parseCheckpoint(note);
  requireValid(checkpoint.treeId === treeId, `its checkpoint is of tree ${checkpoint.treeId}, not ${treeId}`);
  const signed = checkpoint.signatures.some(
    ({ name, keyHint, signature }) =>
      name === checkpoint.hostname &&
      keyHint === key.logId.slice(0, 8) &&
      isSignedBy(key, checkpoint.text, signature),
  );
  requireValid(signed, `its checkpoint of size ${checkpoint.size} has no valid signature of the log's key`);
  return checkpoint;
}

function requireValid(holds: boolean, reason: string): asserts holds {
  prove(holds, 'CHECKPOINT_INVALID', reason);
}

function parseSignature(line: string) {
  const [, name, encoded] = signatureLine.exec(line) ?? [];
  requireValid(
    name !== undefined && encoded !== undefined,
    `its checkpoint has the signature line ${shown(line)}`,
  );
  const bytes = Buffer.from(encoded, 'base64');
  // The hint: first four bytes of SHA-256 over the key's DER, lower-case hex.
  return { name, keyHint: bytes.subarray(0, 4).toString('hex'), signature: bytes.subarray(4) };
}
