import type { StepRecord } from './model/steps';
import type { Running, SagaJournal } from './saga';

/** The steps of a section so far, beside the journal that hears of them. */
export interface SectionRecord {
  readonly steps: readonly StepRecord[];
  readonly journal: SagaJournal;
  /** What began last. */
  running(): Running;
}

/** Begins the record of a section. */
export function recordedIn(journal: SagaJournal): SectionRecord {
  const steps: StepRecord[] = [];
  let running: Running = 'critical section';
  return {
    steps,
    running: () => running,
    journal: {
      begins: (name, undoing) => {
        running = name;
        journal.begins(name, undoing);
      },
      ended: (record) => {
        steps.push(record);
        journal.ended(record);
      },
    },
  };
}
