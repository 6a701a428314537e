import { EVENT_ID, getScalarValue, parseEvents } from 'js-yaml';
import type { Event, ScalarEvent } from 'js-yaml';

/** What a person is shown in place of a value. */
export const HIDDEN = '<hidden>';

/**
 * The fields of a shard whose values are no secrets (rekor:pkg/sharding/ranges.go, rekor:pkg/signer/signer.go,
 * rekor:pkg/trillianclient/config.go). Every other value is hidden, so that a field of a later Rekor is, too.
 */
const shown = new Set([
  'treeid', 'treelength', 'encodedpublickey', 'signingschemeorkeypath', 'gcpkmsretries', 'gcpkmstimeout',
  'grpcendpoint', 'signingconfig', 'address', 'port', 'tlscacert', 'usesystemtruststore',
]); // prettier-ignore

/** The lines of a sharding file as they may be shown: values of other fields, and comments, are hidden (H28). */
export function shownShardingLines(text: string): string[] {
  if (text.trim() === '') return [];
  let clean = '';
  let position = 0;
  for (const scalar of scalarsWithTheirField(text)) {
    clean += withoutComments(text.slice(position, scalar.start));
    const value = text.slice(scalar.start, scalar.end);
    clean += scalar.isField || shown.has(scalar.field) ? value : hiddenLike(value);
    position = scalar.end;
  }
  clean += withoutComments(text.slice(position));
  return clean.split(/\r?\n/).filter((line) => line.trim() !== '');
}

interface PlacedScalar {
  readonly start: number;
  readonly end: number;
  readonly isField: boolean;
  /** The name of the field whose value this is or lies in, lower case: Go matches names whatever their case. */
  readonly field: string;
}

function scalarsWithTheirField(text: string): PlacedScalar[] {
  const placed: PlacedScalar[] = [];
  const open: { map: boolean; awaitsField: boolean; field: string }[] = [];
  const valueRead = () => {
    const inside = open.at(-1);
    if (inside?.map) inside.awaitsField = !inside.awaitsField;
  };
  for (const event of parseEvents(text, {})) {
    const inside = open.at(-1);
    if (event.type === EVENT_ID.SCALAR) {
      const isField = inside?.map === true && inside.awaitsField;
      if (isField) inside.field = getScalarValue(text, event).toLowerCase();
      placed.push({ ...rangeOf(event), isField, field: inside?.field ?? '' });
      valueRead();
    } else if (event.type === EVENT_ID.POP) {
      open.pop();
      valueRead();
    } else if (event.type === EVENT_ID.ALIAS) {
      valueRead();
    } else {
      open.push({ map: isMap(event), awaitsField: true, field: inside?.field ?? '' });
    }
  }
  return placed;
}

function isMap(event: Event): boolean {
  return event.type === EVENT_ID.MAPPING;
}

function rangeOf(scalar: ScalarEvent): { start: number; end: number } {
  return { start: scalar.valueStart, end: scalar.valueEnd };
}

function hiddenLike(value: string): string {
  return value === '' ? '' : value.endsWith('\n') ? `${HIDDEN}\n` : HIDDEN;
}

function withoutComments(gap: string): string {
  return gap.replace(/#[^\n]*/g, `# ${HIDDEN}`);
}

/** What differs between two lists of lines, after what they begin and end with alike. */
export function differingLines(
  before: readonly string[],
  after: readonly string[],
): { removed: string[]; added: string[] } {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  ) {
    end += 1;
  }
  return { removed: before.slice(start, before.length - end), added: after.slice(start, after.length - end) };
}
