import type { Content, Piece } from '../../workflows/model/installation';
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

/** A target's own text, with the id of the next tree in place of some of its characters. */
export function withNextTreeId(
  target: string,
  length: number,
  { start, end }: { readonly start: number; readonly end: number },
): Content {
  return withoutEmpty([
    { copy: target, from: 0, to: start },
    { nextTreeId: true },
    { copy: target, from: end, to: length },
  ]);
}

/**
 * The text that a content stands for.
 *
 * @param textOf what a target holds before anything is written.
 */
export function filledIn(content: Content, textOf: (target: string) => string, nextTreeId: TreeId): string {
  return content
    .map((piece) => {
      if ('text' in piece) return piece.text;
      return 'copy' in piece ? textOf(piece.copy).slice(piece.from, piece.to) : nextTreeId;
    })
    .join('');
}

function withoutEmpty(pieces: readonly Piece[]): Content {
  return pieces.filter((piece) =>
    'text' in piece ? piece.text !== '' : !('copy' in piece) || piece.from < piece.to,
  );
}
