import { closeSync, openSync, writeSync } from 'node:fs';
import type { Acknowledgement } from './acknowledgement';
import { checkAcknowledgements, type CheckOptions, type CheckReport } from './check';

/** Keeps every acknowledgement of a log, and afterwards asks the log whether it keeps each of them. */
export interface Recorder {
  record(acknowledgement: Acknowledgement): void;
  acknowledged(): readonly Acknowledgement[];
  /**
   * Checks DESIGN's first two rules for every single acknowledgement: retrievable by UUID and by the index it was
   * acknowledged with, with a valid proof; and no virtual index acknowledged twice.
   */
  check(url: string, options?: CheckOptions): Promise<CheckReport>;
  /** Ends the file, if there is one. */
  close(): void;
}

/**
 * Starts a record; with `file`, each acknowledgement is also written there as one line of JSON. `recorded` is told each of them
 * at once.
 */
export function createRecorder(
  options: { file?: string; recorded?: (acknowledgement: Acknowledgement) => void } = {},
): Recorder {
  const acknowledgements: Acknowledgement[] = [];
  const file = options.file === undefined ? null : openSync(options.file, 'a');
  return {
    record(acknowledgement) {
      acknowledgements.push(acknowledgement);
      options.recorded?.(acknowledgement);
      if (file !== null) writeSync(file, `${JSON.stringify(acknowledgement)}\n`);
    },
    acknowledged: () => acknowledgements,
    check: (url, checkOptions) => checkAcknowledgements(url, acknowledgements, checkOptions),
    close() {
      if (file !== null) closeSync(file);
    },
  };
}
