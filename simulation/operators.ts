import { lockId, PROGRESS, type Progress } from '../workflows/messages';
import { readStatement } from '../workflows/model/approval-statement';
import { inMinutes } from '../workflows/model/times';
import type { PersonParts } from './person';
import type { WorkflowResult } from './results';
import { valueOf } from './temporal/conversion';
import type { Execution } from './temporal/execution';
import { LOG } from './world/world';

/** How often somebody looks at what waits, in milliseconds. */
const LOOK_EVERY_MS = 400;

/** Who may approve. */
const people = ['ada', 'bob'] as const;

/** The people who start a rotation: they approve its plan, deploy while it waits, and tell it something. */
export class Operators {
  /** Called when somebody has deployed: what was before is no longer what a rollback must come to. */
  onDeploy: () => void = () => undefined;
  /** Which instructions somebody has given. */
  readonly told = new Set<string>();
  readonly #parts: PersonParts;
  /** Who has approved which plan, as `<rotationId> <hash> <who>`. */
  readonly #approved = new Set<string>();
  readonly #seen: string[] = [];
  #deploys: number;
  #busy = false;

  constructor(parts: PersonParts) {
    this.#parts = parts;
    this.#deploys = parts.scenario.operators.deploys;
  }

  /** What is asked for. */
  get request(): object {
    const { rehearses, operators } = this.#parts.scenario;
    const { beginsAfterMs } = operators;
    const { time } = this.#parts.world;
    if (rehearses) {
      return { log: LOG, rehearse: true };
    }
    return {
      log: LOG,
      ...(beginsAfterMs > 0 && {
        begin: {
          notBefore: new Date(time.now + beginsAfterMs).toISOString(),
          notAfter: new Date(time.now + 60_000).toISOString(),
        },
      }),
    };
  }

  /** From now on they look, and say something once. */
  begin(): void {
    const { scenario, world, inBackground } = this.#parts;
    const { tells, tellsAfterMs } = scenario.operators;
    this.#lookAgain();
    if (tells !== null && tells !== 'resume' && tells !== 'approve') {
      world.time.after(tellsAfterMs, () => inBackground(this.#tell(tells)), null);
    }
  }

  /** Holds what ran against what was approved: rule 9. */
  judge(results: readonly WorkflowResult[]): void {
    const { watch } = this.#parts;
    for (const { execution, result } of results) {
      const { plan, rotationId, steps = [] } = result ?? {};
      if (execution.options.type !== 'rotateUnderLock' || !plan || steps.length === 0) {
        continue;
      }
      const wanted = { none: 0, one: 1, two: 2 }[plan.approvals.required];
      const by = people.filter((who) => this.#approved.has(`${rotationId ?? ''} ${plan.hash} ${who}`));
      if (by.length < wanted) {
        watch.broken(9, `a plan ran that ${by.length} of ${wanted} people had approved`);
      }
    }
  }

  #lookAgain(): void {
    const { world, inBackground } = this.#parts;
    world.time.after(
      LOOK_EVERY_MS,
      () => {
        inBackground(this.#look());
        this.#lookAgain();
      },
      null,
    );
  }

  async #look(): Promise<void> {
    if (this.#busy) {
      return;
    }
    this.#busy = true;
    const { world } = this.#parts;
    const waiting = world.temporal.open().filter(({ options }) => options.type === 'rotateLog');
    for (const execution of waiting) {
      await this.#answer(execution).catch(() => undefined);
    }
    this.#busy = false;
  }

  async #answer(execution: Execution): Promise<void> {
    const { world, random, scenario } = this.#parts;
    const progress = (await world.temporal.query(execution, PROGRESS)) as Progress;
    if (progress.waiting?.for !== 'approvals' || !random.chance(0.7)) {
      return;
    }
    const { approval: line } = JSON.parse(progress.takes[0]?.input ?? '{}') as { approval: string };
    if (this.#deploys > 0 && random.chance(0.3)) {
      this.#deploy();
    }
    const old = this.#seen.at(-1);
    this.#seen.push(line);
    const approval = old !== undefined && random.chance(scenario.operators.stale) ? old : line;
    const who = random.pick(people);
    const subject = readStatement(approval);
    this.#approved.add(`${subject?.rotationId ?? ''} ${subject?.planHash ?? ''} ${who}`);
    await world.temporal.update(execution, 'approve', [{ approval, who }]);
    if (this.#deploys > 0 && random.chance(0.3)) {
      this.#deploy();
    }
  }

  /** Nothing holds the log yet, so whoever deploys does nobody harm. */
  #deploy(): void {
    const { world, random } = this.#parts;
    const { installation, temporal, trace } = world;
    if (temporal.latest(lockId(LOG))?.open) {
      return;
    }
    this.#deploys -= 1;
    const what = installation.deploy(random.pick(installation.releases), this.#deploys);
    trace(() => `somebody deploys: ${what}`);
    this.onDeploy();
  }

  async #tell(update: string): Promise<void> {
    const { world, random } = this.#parts;
    const { temporal, time, trace } = world;
    const open = temporal
      .open()
      .filter(({ options }) => options.type === 'rotateLog' || options.type === 'rotateUnderLock');
    if (open.length === 0) {
      return;
    }
    const execution = random.pick(open);
    const [asked] = execution.options.args.map(valueOf) as [{ request?: { planHash?: string } }];
    const input = {
      plan: asked.request?.planHash ?? readStatement(this.#seen.at(-1) ?? '')?.planHash ?? '',
      until: inMinutes(time.now, 5),
      who: 'ada',
      why: 'simulated',
      ...(update === 'holdAfter' && { step: random.pick(['createTree', 'stage', 'confirm', 'settle']) }),
      ...(update === 'postpone' && { to: new Date(time.now + 3_000).toISOString() }),
    };
    this.told.add(update);
    try {
      const answer = await temporal.update(execution, update, [input]);
      trace(() => `${execution.workflowId} is told ${update}: ${String(answer)}`);
    } catch (error) {
      trace(() => `${execution.workflowId} does not take ${update}: ${String(error)}`);
    }
  }
}
