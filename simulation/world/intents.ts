import type {
  KeptSection,
  OpenIntents,
  SectionIntents,
  SectionTask,
} from '../../activities/successor/intents';
import { processes, type Process } from '../virtual-time';

interface Kept {
  readonly by: Process | undefined;
  section: KeptSection;
  ended: boolean;
}

/** What workers of one host keep of critical sections, in memory: it outlives whoever wrote it. */
export class SimulatedIntents implements SectionIntents {
  readonly #kept = new Map<string, Kept>();

  begin(log: string, task: SectionTask): Promise<OpenIntents> {
    const kept: Kept = {
      by: processes.getStore(),
      section: { ...task, began: [], mayLandUntil: 0, commandRuns: false },
      ended: false,
    };
    this.#kept.set(log, kept);
    return Promise.resolve({
      keep: (intents) => {
        kept.section = { ...task, ...intents, began: [...intents.began] };
      },
      end: () => {
        kept.ended = true;
      },
      leave: () => undefined,
    });
  }

  leftBehind(log: string): Promise<KeptSection | undefined> {
    const kept = this.#kept.get(log);
    return Promise.resolve(kept?.by?.alive === false && !kept.ended ? kept.section : undefined);
  }
}
