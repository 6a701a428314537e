import { runCriticalSection } from './critical-section';
import { Journal } from './journal';
import type { CriticalSectionInput } from './model/actions';
import { realActions } from './real-run';
import { fewRetries } from './retry';
import type { CriticalSectionResult } from './section-result';

/** The critical section as a workflow of its own. */
export async function criticalSection(input: CriticalSectionInput): Promise<CriticalSectionResult> {
  const { log, rotationId } = input.identity;
  const journal = Journal.answering('Which step of the critical section runs', log, rotationId);
  const result = await runCriticalSection(realActions(), input, journal, () => undefined, fewRetries);
  journal.endsSection(sectionEnds[result.end]);
  return result;
}

const sectionEnds: Readonly<Record<CriticalSectionResult['end'], string>> = {
  exposed: 'the next tree serves',
  undone: 'undone, the current tree serves',
  stuck: 'the next tree holds entries of clients and cannot serve',
  unfinished: 'an undo did not succeed, the rotation goes on with it',
};
