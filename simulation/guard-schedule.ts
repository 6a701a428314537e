import type { Execution } from './temporal/execution';
import { LOG, type World } from './world/world';

/** Between two looks of the guardian. */
export const GUARD_EVERY_MS = 60_000;

/** Lets the guardian look, one look at a time, as its Temporal Schedule does. */
export class GuardSchedule {
  readonly #world: World;
  #looks = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** The first of its regular looks is then. */
  begin(afterMs: number): void {
    this.#world.time.after(
      afterMs,
      () => {
        this.look();
        this.begin(GUARD_EVERY_MS);
      },
      null,
    );
  }

  /** A look now, unless one is under way. */
  look(): void {
    const { temporal } = this.#world;
    if (!temporal.open().some(isLook)) {
      temporal.start('guardLog', { workflowId: `guard-${(this.#looks += 1)}`, args: [{ log: LOG }] });
    }
  }
}

/** Whether a workflow is a look of the guardian. */
export function isLook({ options }: Execution): boolean {
  return options.type === 'guardLog';
}
