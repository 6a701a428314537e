import type { Content, Piece, SignerPart } from '../../workflows/model/installation';
import type { TreeId } from '../../workflows/model/log';
import { sharedEnds } from './differing-lines';

/** Stands for the id that Trillian will give to the next tree, where a person reads what will be written. */
export const NEXT_TREE_ID = '<next tree>';

/** The content of `after`, with what it shares with another target's text copied from there. */
export function copyWith(target: string, before: string, after: string): Content {
  const { start, end } = sharedEnds(before, after);
  return withoutEmpty([
    { copy: target, from: 0, to: start },
    { text: after.slice(start, after.length - end) },
    { copy: target, from: before.length - end, to: before.length },
  ]);
}

/** What is put in place of the characters from `start` to before `end`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly pieces: Content;
}

/** A target's own text with some edits, none of which touches another. */
export function editedCopy(target: string, length: number, edits: readonly Edit[]): Content {
  return edited([{ copy: target, from: 0, to: length }], length, edits);
}

/**
 * A content with some edits, none of which touches another.
 *
 * @param length of the text that the content stands for; what is cut of it is said here or copied.
 */
export function edited(content: Content, length: number, edits: readonly Edit[]): Content {
  const inOrder = [...edits].sort((one, other) => one.start - other.start);
  const pieces: Piece[] = [];
  let position = 0;
  for (const { start, end, pieces: inserted } of inOrder) {
    pieces.push(...sliceOf(content, position, start), ...inserted);
    position = end;
  }
  return withoutEmpty([...pieces, ...sliceOf(content, position, length)]);
}

/** The part of a content whose length is known: of what is said here, and of what is copied. */
function sliceOf(content: Content, from: number, to: number): Piece[] {
  let offset = 0;
  return content.flatMap((piece): Piece[] => {
    const length = lengthOf(piece);
    const [first, last] = [Math.max(from - offset, 0), Math.min(to - offset, length)];
    offset += length;
    if (first >= last) return [];
    if ('text' in piece) return [{ text: piece.text.slice(first, last) }];
    return 'copy' in piece ? [{ ...piece, from: piece.from + first, to: piece.from + last }] : [piece];
  });
}

function lengthOf(piece: Piece): number {
  if ('text' in piece) return piece.text.length;
  if ('copy' in piece) return piece.to - piece.from;
  throw new Error('A piece whose length only a later step knows cannot be cut.');
}

/** What the places of a content stand for when it is written. */
export interface Filling {
  /** What a target holds before anything is written. */
  readonly textOf: (target: string) => string;
  readonly nextTreeId: TreeId;
  /** What the configuration gives for a part of the next signer. */
  readonly signerPart: (part: SignerPart) => string;
}

/** The text that a content stands for. */
export function filledIn(content: Content, { textOf, nextTreeId, signerPart }: Filling): string {
  return content
    .map((piece) => {
      if ('text' in piece) return piece.text;
      if ('copy' in piece) return textOf(piece.copy).slice(piece.from, piece.to);
      return 'nextSigner' in piece ? signerPart(piece.nextSigner) : nextTreeId;
    })
    .join('');
}

function withoutEmpty(pieces: readonly Piece[]): Content {
  return pieces.filter((piece) =>
    'text' in piece ? piece.text !== '' : !('copy' in piece) || piece.from < piece.to,
  );
}
