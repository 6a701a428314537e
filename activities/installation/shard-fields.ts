import type { SignerPart } from '../../workflows/model/installation';
import type { TreeId } from '../../workflows/model/log';
import { isNothing, NotReadable, type PlainMap, type PlainNode } from './plain-yaml';
import {
  isTreeId,
  isWholeNumber,
  kindOfNumber,
  LARGEST_INT64,
  TREE_ID_ALLOWED,
  wholeNumberAllowed,
} from './tree-id';

/**
 * The fields of an inactive shard as Rekor has them, which values of each it can read, and what a person is shown: only
 * what is built up here, of numbers and of words from a fixed set (H28). No other text of the list is shown, because each
 * of these fields may hold a secret: in the user of an address, in the query of a key's URI, or by mistake.
 */

/** What a person is shown in place of a value. */
const HIDDEN = '<hidden>';

/** An inactive shard as it is listed. */
export interface ListedShard {
  readonly treeId: TreeId;
  /** In digits; 0 where none is listed. Rekor since 1.4.1 asks Trillian instead. */
  readonly treeLength: string;
  /** The shard as it may be shown, in lines of YAML. */
  readonly shown: readonly string[];
  /** The signer that it names, secrets and all; undefined where the active shard's is used. */
  readonly signer: ReadonlyMap<SignerPart, string> | undefined;
  readonly place: ShardPlace;
}

/** Where a shard stands in the text of its list. */
export interface ShardPlace {
  /** The first character of its map: a brace, or its first name. */
  readonly start: number;
  /** Written in braces. */
  readonly isFlow: boolean;
  /** It has the field `signingConfig`, whatever that says. */
  readonly namesSigningConfig: boolean;
}

/** What `signingConfig` calls each part of a signer (rekor:pkg/signer/signer.go). */
export const signerFields: Readonly<Record<SignerPart, string>> = {
  signer: 'signingSchemeOrKeyPath',
  password: 'fileSignerPassword',
  tinkKekUri: 'tinkKEKURI',
  tinkKeyset: 'tinkKeysetPath',
};

export const signerParts = Object.keys(signerFields) as readonly SignerPart[];

/**
 * One entry of the list.
 *
 * @param entry which one it is, in words for a refusal.
 * @throws NotReadable when Rekor cannot read it, or might read another shard.
 */
export function readShard(node: PlainNode, entry: string): ListedShard {
  if (node.kind !== 'map') throw new NotReadable(`${entry} is a ${node.kind}`, 'a map with a treeID');
  const [first = '', ...more] = linesOf(node, shardFields, { entry, above: '' });
  const treeId = textOf(node, 'treeID');
  if (treeId === undefined) throw new NotReadable(`${entry} has no treeID`, TREE_ID_ALLOWED);
  return {
    treeId,
    treeLength: textOf(node, 'treeLength') ?? '0',
    shown: [`- ${first}`, ...more.map(indented)],
    signer: signerOf(valueOf(node, 'signingConfig')),
    place: {
      start: node.start,
      isFlow: node.isFlow,
      namesSigningConfig: valueOf(node, 'signingConfig') !== undefined,
    },
  };
}

/** Undefined for one in which all parts are empty: Rekor takes the active shard's then (rekor:pkg/sharding/ranges.go). */
function signerOf(config: PlainNode | undefined): ListedShard['signer'] {
  if (config?.kind !== 'map') return undefined;
  const parts = signerParts.flatMap((part): [SignerPart, string][] => {
    const value = textOf(config, signerFields[part]) ?? '';
    return value === '' ? [] : [[part, value]];
  });
  return parts.length === 0 ? undefined : new Map(parts);
}

/** Where a value stands, in words for a refusal. */
interface Place {
  readonly entry: string;
  readonly name: string;
}

/** Refuses what Rekor cannot read as this field, and says the rest: in a word behind its name, or in lines below it. */
type Read = (value: PlainNode, place: Place) => string | readonly string[];

/** By the names that Rekor gives them. */
type Fields = Readonly<Record<string, Read>>;

/** rekor:pkg/trillianclient/config.go */
const grpcFields: Fields = {
  Address: text,
  Port: wholeNumber(65_535n),
  TLSCACert: text,
  UseSystemTrustStore: word((found) => /^(true|false)$/.test(found), 'true or false, without quotes'),
  GRPCServiceConfig: text,
};

/** rekor:pkg/signer/signer.go */
const signingFields: Fields = {
  signingSchemeOrKeyPath: keyKind,
  fileSignerPassword: text,
  tinkKEKURI: text,
  tinkKeysetPath: text,
  gcpkmsRetries: wholeNumber(LARGEST_INT64),
  gcpkmsTimeout: wholeNumber(LARGEST_INT64),
};

/** rekor:pkg/sharding/ranges.go. Earlier ones had `encodedPublicKey`; the last three are Rekor's own notes. */
const shardFields: Fields = {
  treeID,
  treeLength: wholeNumber(LARGEST_INT64),
  encodedPublicKey: text,
  signingConfig: fields(signingFields),
  grpcEndpoint: fields(grpcFields),
  Signer: word(() => false, 'nothing: Rekor makes it itself'),
  PemPubKey: text,
  LogID: text,
};

function linesOf(
  node: PlainMap,
  known: Fields,
  { entry, above }: { entry: string; above: string },
): string[] {
  const lines: string[] = [];
  let others = node.fields.length;
  for (const [name, read] of Object.entries(known)) {
    const value = valueOf(node, name);
    if (value === undefined) continue;
    others -= 1;
    const shown = read(value, { entry, name: above + name });
    lines.push(...(typeof shown === 'string' ? [`${name}: ${shown}`] : [`${name}:`, ...shown.map(indented)]));
  }
  // Their names may be anything, too.
  return others === 0 ? lines : [...lines, `<${others} more, hidden>`];
}

/** Go finds a field whatever the case of its name; no name is there twice. */
function valueOf(node: PlainMap, name: string): PlainNode | undefined {
  return node.fields.find((field) => field.name.toLowerCase() === name.toLowerCase())?.value;
}

/** A scalar's text; undefined where there is none. */
function textOf(node: PlainMap, name: string): string | undefined {
  const value = valueOf(node, name);
  return value?.kind === 'scalar' && !isNothing(value) ? value.text : undefined;
}

function indented(line: string): string {
  return `  ${line}`;
}

function treeID(value: PlainNode, place: Place): string {
  if (value.kind === 'scalar' && !value.isQuoted && isTreeId(value.text)) return value.text;
  throw invalid(value, place, TREE_ID_ALLOWED);
}

function wholeNumber(most: bigint): Read {
  return word((found) => isWholeNumber(found, 0n, most), wholeNumberAllowed(0n, most));
}

/** One of the words that may be shown, or nothing. */
function word(isOne: (text: string) => boolean, allowed: string): Read {
  return (value, place) => {
    if (isNothing(value)) return '';
    if (value.kind === 'scalar' && !value.isQuoted && isOne(value.text)) return value.text;
    throw invalid(value, place, allowed);
  };
}

function text(value: PlainNode, place: Place): string {
  if (value.kind !== 'scalar') throw invalid(value, place, 'a text');
  return isNothing(value) ? '' : HIDDEN;
}

/** How a key is kept (rekor:pkg/signer/signer.go, sigstore:pkg/signature/kms); which one it is may tell a secret. */
function keyKind(value: PlainNode, place: Place): string {
  const shown = text(value, place);
  if (value.kind !== 'scalar') return shown;
  const [kind] = /^(memory|tink)$|^(aws|azure|gcp)kms:\/\/|^hashivault:\/\//.exec(value.text) ?? [];
  return kind === undefined ? shown : kind.endsWith('/') ? kind + HIDDEN : kind;
}

function fields(known: Fields): Read {
  return (value, { entry, name }) => {
    if (isNothing(value)) return '';
    if (value.kind !== 'map')
      throw invalid(value, { entry, name }, `a map with ${Object.keys(known).join(', ')}`);
    return linesOf(value, known, { entry, above: `${name}.` });
  };
}

function invalid(value: PlainNode, { entry, name }: Place, allowed: string): NotReadable {
  return new NotReadable(`${entry} has ${kindOf(value)} as ${name} in line ${value.line}`, allowed);
}

function kindOf(value: PlainNode): string {
  if (isNothing(value)) return 'nothing';
  if (value.kind !== 'scalar') return `a ${value.kind}`;
  return value.isQuoted ? 'a text in quotes' : kindOfNumber(value.text);
}
