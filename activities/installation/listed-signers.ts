import type { Content, SignerPart } from '../../workflows/model/installation';
import type { TreeId } from '../../workflows/model/log';
import { refuse } from '../errors/refusal-error';
import { edited, filledIn, type Edit } from './content';
import { BYTE_ORDER_MARK } from './plain-yaml';
import { signerFields, signerParts } from './shard-fields';
import { listedShards, listedValues } from './sharding-file';

/**
 * The signers that a list of inactive shards names. One that names none is served with the key of the active shard
 * (rekor:pkg/sharding/ranges.go). So when that changes, each earlier shard has to name the one it had: else its entries, and
 * its checkpoint, are signed with a key that nobody has trusted for them.
 */

/** A signer, by its parts; a part without a value is left out. */
export type Signer<Value> = ReadonlyMap<SignerPart, Value>;

/** The shards that name no signer, in served order. */
export function unnamedSigners(path: string, text: string | null): TreeId[] {
  return listedShards(path, text).flatMap(({ treeId, signer }) => (signer ? [] : [treeId]));
}

/**
 * What is put into the list so that each of these shards names its signer, before what else is said of it. The values are taken
 * as they are: none has a quote or a backslash.
 *
 * @throws SHARDING_FILE_INVALID for a shard that has the field already, and names nothing in it.
 */
export function signerEdits(
  path: string,
  text: string,
  signers: ReadonlyMap<TreeId, Signer<Content>>,
): Edit[] {
  const lineBreak = text.includes('\r\n') ? '\r\n' : '\n';
  return listedShards(path, text).flatMap(({ treeId, place }): Edit[] => {
    const signer = signers.get(treeId);
    if (!signer) return [];
    if (place.namesSigningConfig) {
      const reason = `the signingConfig of tree ${treeId} names no signer; remove it, and the signer it has now is named there`;
      throw refuse('SHARDING_FILE_INVALID', { path, reason });
    }
    const config = asMap(signer);
    return place.isFlow
      ? [at(place.start + 1, [{ text: '"signingConfig": ' }, ...config, { text: ', ' }])]
      : [
          at(place.start, [
            { text: 'signingConfig: ' },
            ...config,
            { text: lineBreak + ' '.repeat(columnOf(text, place.start)) },
          ]),
        ];
  });
}

/** The same list in which each of these shards names its signer. */
export function withSigners(
  path: string,
  text: string,
  signers: ReadonlyMap<TreeId, Signer<string>>,
): string {
  const pieces = new Map([...signers].map(([treeId, signer]) => [treeId, inPieces(signer)]));
  const source = [{ text }];
  const nothingElse = { textOf: () => '', nextTreeId: '', signerPart: () => '' };
  const after = filledIn(edited(source, text.length, signerEdits(path, text, pieces)), nothingElse);
  if (!namesJust(path, text, after, signers)) {
    const reason =
      'the signers of its shards cannot be named without changing what is there; write it as a plain list';
    throw refuse('SHARDING_FILE_INVALID', { path, reason });
  }
  return after;
}

/** The signers that one list names, of shards of which another one names none. */
export function signersNamedOnlyIn(
  path: string,
  text: string | null,
  like: string | null,
): Map<TreeId, Signer<string>> {
  const unnamed = new Set(unnamedSigners(path, text));
  return new Map(
    listedShards(path, like).flatMap(({ treeId, signer }) =>
      signer && unnamed.has(treeId) ? [[treeId, signer] as const] : [],
    ),
  );
}

function inPieces(signer: Signer<string>): Signer<Content> {
  return new Map([...signer].map(([part, value]) => [part, [{ text: value }]]));
}

/** As JSON, which is YAML too. */
function asMap(signer: Signer<Content>): Content {
  const fields = signerParts.flatMap((part) => {
    const value = signer.get(part);
    return value ? [[{ text: `"${signerFields[part]}": "` }, ...value, { text: '"' }]] : [];
  });
  return [
    { text: '{' },
    ...fields.flatMap((field, index) => (index === 0 ? field : [{ text: ', ' }, ...field])),
    { text: '}' },
  ];
}

function at(place: number, pieces: Content): Edit {
  return { start: place, end: place, pieces };
}

function columnOf(text: string, offset: number): number {
  return text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset).replace(BYTE_ORDER_MARK, '').length;
}

/** Whether a list says what another one did, down to the last value, and names these signers besides. */
function namesJust(
  path: string,
  before: string,
  after: string,
  signers: ReadonlyMap<TreeId, Signer<string>>,
): boolean {
  const shards = listedShards(path, before);
  const wanted = listedValues(path, before).map((value, position) => {
    const signer = signers.get(shards[position]?.treeId ?? '');
    return signer && typeof value === 'object' ? { signingConfig: configOf(signer), ...value } : value;
  });
  return JSON.stringify(listedValues(path, after)) === JSON.stringify(wanted);
}

function configOf(signer: Signer<string>): object {
  return Object.fromEntries(
    signerParts.flatMap((part) => (signer.has(part) ? [[signerFields[part], signer.get(part)]] : [])),
  );
}
