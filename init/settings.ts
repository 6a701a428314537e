import { stringify } from 'yaml';
import { fieldPath } from '../config/problems';

/** A configuration as it is written: each setting with a remark of where it comes from, or of what is missing. */
export type Line = Setting | Section | Beware;

/** How sure a setting is. */
export type Standing =
  /** A program is started with it. */
  | 'found'
  /** Nothing says otherwise; a person looks at it. */
  | 'assumed'
  /** A person has to say it; the line is commented out, with an example. */
  | 'missing';

export interface Setting {
  readonly key: string;
  readonly value: Value;
  readonly standing: Standing;
  /** A sentence: where it comes from, or what is to be done. Empty where the line before says it. */
  readonly remark: string;
}

type Value =
  string | number | readonly string[] | { readonly file?: string } | { readonly environment: string };

export interface Section {
  readonly key: string;
  readonly lines: readonly Line[];
  /** What is to be done before it is there; all of it is commented out then. */
  readonly missing?: string;
  readonly remark?: string;
}

/** Something that was found and is not well; no setting of ours changes it. */
export interface Beware {
  readonly beware: string;
}

export const found = (key: string, value: Value, remark: string): Setting => ({
  ...{ key, value, remark, standing: 'found' },
});
export const assumed = (key: string, value: Value, remark: string): Setting => ({
  ...{ key, value, remark, standing: 'assumed' },
});
export const missing = (key: string, value: Value, remark: string): Setting => ({
  ...{ key, value, remark, standing: 'missing' },
});

/** What a person has to look at, and the field that it is about. */
export interface Note {
  readonly kind: 'beware' | Exclude<Standing, 'found'>;
  readonly path: string;
  readonly remark: string;
}

/** Every note of a configuration, in its order. Of a section that is missing only that. */
export function notesOf(lines: readonly Line[], path: readonly string[] = []): Note[] {
  return lines.flatMap((line): Note[] => {
    if ('beware' in line) return [{ kind: 'beware', path: fieldPath(path), remark: line.beware }];
    const own = [...path, line.key];
    if ('value' in line) {
      return line.standing === 'found'
        ? []
        : [{ kind: line.standing, path: fieldPath(own), remark: line.remark }];
    }
    return line.missing === undefined
      ? notesOf(line.lines, own)
      : [{ kind: 'missing', path: fieldPath(own), remark: line.missing }];
  });
}

const COLUMNS = 100;

const words: Readonly<Record<Standing, string>> = {
  found: 'Found: ',
  assumed: 'Assumed: ',
  missing: 'Not found: ',
};

/**
 * The YAML of a configuration. A remark begins with `# `; a setting that is commented out has its `#` right before the key, so that
 * taking these away is all that is left to do.
 */
export function written(lines: readonly Line[], depth = 0, isOut = false): string[] {
  const indent = '  '.repeat(depth);
  const off = isOut ? '#' : '';
  return lines.flatMap((line): string[] => {
    if ('beware' in line) return remarkLines(`Beware: ${line.beware}`, indent);
    if ('value' in line) {
      const hash = isOut || line.standing === 'missing' ? '#' : '';
      // In a section that is missing, every value is an example.
      const remark = isOut ? line.remark : `${words[line.standing]}${line.remark}`;
      const said = line.remark === '' ? [] : remarkLines(remark, indent);
      return [...said, `${indent}${hash}${line.key}: ${inline(line.value)}`];
    }
    const isMissing = line.missing !== undefined;
    return [
      ...(line.remark === undefined ? [] : remarkLines(line.remark, indent)),
      ...(line.missing === undefined ? [] : remarkLines(`${words.missing}${line.missing}`, indent)),
      `${indent}${isMissing ? '#' : off}${line.key}:`,
      ...written(line.lines, depth + 1, isOut || isMissing),
    ];
  });
}

function inline(value: Value): string {
  const options = { lineWidth: 0, blockQuote: false, flowCollectionPadding: false } as const;
  return stringify(value, { ...options, collectionStyle: 'flow' }).trimEnd();
}

function remarkLines(remark: string, indent: string): string[] {
  const lines: string[] = [];
  for (const word of remark.split(/\s+/).filter(Boolean)) {
    const last = lines.at(-1);
    const longer = last === undefined ? undefined : `${last} ${word}`;
    if (longer !== undefined && longer.length <= COLUMNS) lines.splice(-1, 1, longer);
    else lines.push(`${indent}# ${word}`);
  }
  return lines;
}
