import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import { reasonOf } from './failure';
import type { Journal } from './journal';
import { latestBeginning, latestWait, type Beginning } from './model/beginning';
import { counted } from './model/counted';
import { exampleOf, instructionProblems, type Instruction, type Intervention } from './model/instruction';
import { watchedText, type Lull, type WritesWatched } from './model/lull';
import type { Observations } from './model/observations';
import { refusal, type Refusal } from './model/refusals';
import { inMinutes, inSeconds, isTime } from './model/times';
import { answer, refusedFor } from './updates';

/** So long one look at the writes takes at most; then what it saw is shown. Milliseconds. */
const LOOK_MS = 300_000;

/** Until writes that could not be watched are watched again. Milliseconds. */
const UNWATCHED_MS = 30_000;

/** A rotation without an end of its own is postponed by so much at most. Milliseconds. */
const LONGEST_MS = 7 * 86_400_000;

interface PostponeInput extends Instruction {
  /** Until when; ISO 8601, in UTC. */
  readonly to: string;
}

/** What a wait came to: it may begin, or it does not begin this time. */
export type Begun =
  | {
      readonly waited: boolean;
      /** After this time it is not to begin; absent when there is none, or a person has said that it is to begin now. */
      readonly notAfter?: string;
    }
  | { readonly skipped: Refusal }
  | { readonly refused: Refusal };

/**
 * Waits until a rotation that was asked for may begin: for a time, and then for a lull. Answers the Updates `goNow` and
 * `postpone`, which people may send before and meanwhile. The clock decides, not when it should have been started.
 */
export class BeginningWait {
  readonly #log: string;
  readonly #begin: Beginning;
  readonly #journal: Journal;
  readonly #observations: Pick<Observations, 'watchWrites'>;
  #goes = false;
  #notBefore: number;
  #open = true;
  /** What was approved is void from then on. */
  #approvedUntil = Infinity;
  /** Counts what people have said, so that what waits sees that something was. */
  #said = 0;

  constructor(
    log: string,
    begin: Beginning,
    journal: Journal,
    observations: Pick<Observations, 'watchWrites'>,
  ) {
    this.#log = log;
    this.#begin = begin;
    this.#journal = journal;
    this.#observations = observations;
    this.#notBefore = begin.notBefore === undefined ? 0 : Date.parse(begin.notBefore);
    answer<Instruction>('goNow', {
      description: `Before it begins: waits for no time and no lull. ${exampleOf({}, '...')}`,
      refusals: (input) => this.#refusals('goNow', input),
      follow: (input) => {
        this.#goes = true;
        this.#hears({ instruction: 'goNow', ...words(input) });
        const asks = this.#journal.progress.waiting?.for === 'approvals';
        return `It waits for no time and no lull any more.${asks ? ' It still waits for approvals of its plan: `rekor-rotate approve` gives one.' : ''}`;
      },
    });
    answer<PostponeInput>('postpone', {
      description: `Before it begins: lets it begin later. ${exampleOf({ to: '2026-11-28T03:00:00Z' }, '...')}`,
      refusals: (input) => this.#refusals('postpone', input),
      follow: (input) => {
        this.#goes = false;
        this.#notBefore = Date.parse(input.to);
        this.#hears({ instruction: 'postpone', to: input.to, ...words(input) });
        return `It does not begin before ${input.to}.`;
      },
    });
    journal.answers(() =>
      this.#open && journal.progress.planHash !== null
        ? [
            ...(this.#hasToWait ? [{ update: 'goNow' } as const] : []),
            { update: 'postpone', fields: { to: '...' } },
          ]
        : [],
    );
  }

  /** Waits. What it waits for is shown; what was seen meanwhile stands in the result. */
  async wait(): Promise<Begun> {
    const since = Date.now();
    try {
      const skipped = (await this.#untilItsTime()) ?? (await this.#untilLull());
      const { notAfter } = this.#begin;
      return skipped
        ? { skipped }
        : { waited: Date.now() > since, ...(notAfter !== undefined && !this.#goes && { notAfter }) };
    } catch (error) {
      return { refused: reasonOf(error, 'waiting') };
    } finally {
      this.#journal.waitsFor(null);
    }
  }

  /** What is approved is void at this time, ISO 8601: it cannot be postponed beyond that. */
  approvedUntil(expiresAt: string): void {
    this.#approvedUntil = latestWait(expiresAt);
  }

  /** Whether it has been put off since its wait ended. */
  get isPutOff(): boolean {
    return !this.#goes && this.#notBefore > Date.now();
  }

  /** Why it begins no more, as its time is over; null while it may. A worker or Temporal may have been away. */
  get timeOver(): Refusal | null {
    const { notAfter } = this.#begin;
    return notAfter !== undefined && !this.#goes && Date.now() > latestBeginning(notAfter)
      ? refusal('TIME_OVER', { log: this.#log, notAfter, now: new Date().toISOString() })
      : null;
  }

  /** Another plan is asked about: what was said of the one before it is void. */
  plansAnew(): void {
    this.#goes = false;
  }

  /** From now on it has begun: nobody can put it off any more. */
  close(): void {
    this.#open = false;
  }

  get #hasToWait(): boolean {
    return !this.#goes && (this.#notBefore > Date.now() || this.#begin.lull !== undefined);
  }

  get #notAfter(): number {
    return this.#begin.notAfter === undefined ? Infinity : Date.parse(this.#begin.notAfter);
  }

  async #untilItsTime(): Promise<Refusal | null> {
    while (!this.#goes && this.#notBefore > Date.now()) {
      const until = new Date(this.#notBefore).toISOString();
      this.#journal.begins('waiting', false);
      this.#shows('time', `Then it ${this.#begin.lull ? 'waits for a lull' : 'begins'}.`, until);
      const said = this.#said;
      await condition(() => this.#said !== said, this.#notBefore - Date.now(), {
        summary: `until ${inSeconds(this.#notBefore)}`,
      });
    }
    return this.timeOver;
  }

  async #untilLull(): Promise<Refusal | null> {
    const { lull, atEnd = 'skip' } = this.#begin;
    let seen: WritesWatched | null = null;
    let failed: Refusal | null = null;
    while (lull && !this.#goes) {
      const tooEarly = await this.#untilItsTime();
      if (tooEarly) {
        return tooEarly;
      }
      const leftMs = this.#notAfter - Date.now();
      if (leftMs <= 0) {
        break;
      }
      this.#journal.begins('waiting', false);
      this.#shows('lull', this.#lullText(lull, seen, failed, atEnd), this.#begin.notAfter ?? null);
      const looked = await this.#watches(lull, Math.min(leftMs, LOOK_MS));
      if (looked && 'code' in looked) {
        failed = looked;
        const said = this.#said;
        await condition(() => this.#said !== said, Math.min(leftMs, UNWATCHED_MS), {
          summary: 'until the writes are watched again',
        });
      } else if (looked) {
        seen = looked;
        failed = null;
        this.#journal.watched(seen);
        if (seen.lull) {
          return null;
        }
      }
    }
    if (!lull || this.#goes || atEnd === 'go') {
      return null;
    }
    const saw = failed ? failed.message : seen ? watchedText(seen) : 'Nothing was seen.';
    return refusal('NO_LULL', { log: this.#log, until: this.#begin.notAfter ?? '', saw });
  }

  /** One look; null when somebody said something meanwhile. */
  async #watches(lull: Lull, forAtMostMs: number): Promise<WritesWatched | Refusal | null> {
    const said = this.#said;
    const look = new CancellationScope();
    const watch = new CancellationScope();
    watch
      .run(() => condition(() => this.#said !== said))
      .then(
        () => look.cancel(),
        () => undefined,
      );
    try {
      return await look.run(() => this.#observations.watchWrites({ log: this.#log, lull, forAtMostMs }));
    } catch (error) {
      if (isCancellation(error) && this.#said !== said) {
        return null;
      }
      if (isCancellation(error)) {
        throw error;
      }
      return reasonOf(error, 'lull');
    } finally {
      watch.cancel();
    }
  }

  #refusals(update: 'goNow' | 'postpone', input: unknown): Refusal[] {
    const nowMs = Date.now();
    const plan = this.#journal.progress.planHash;
    if (!this.#open || plan === null) {
      return refusedFor(update, ['It does not wait to begin now.']);
    }
    const [latest, because] = this.#latest(nowMs);
    // It puts off; who wants it sooner says goNow.
    const soonest = Math.max(this.#notBefore, nowMs);
    const to = {
      allowed: `a time in UTC such as ${inMinutes(soonest, 60)}, later than ${inSeconds(soonest)} and not after ${inSeconds(latest)}: ${because}`,
      fits: (value: unknown) => isTime(value) && Date.parse(value) > soonest && Date.parse(value) <= latest,
    };
    const given = { plan, nowMs, ...(update === 'postpone' && { fields: { to } }) };
    return refusedFor(update, instructionProblems(update, input, given));
  }

  /** How long it can be put off, and by what that is set. */
  #latest(nowMs: number): readonly [number, string] {
    const limits = [
      [this.#notAfter, 'it was asked not to begin after that'],
      [this.#approvedUntil, 'its approvals expire a minute later'],
      [nowMs + LONGEST_MS, 'seven days are the most'],
    ] as const;
    return limits.reduce((one, other) => (other[0] < one[0] ? other : one));
  }

  #hears(intervention: Intervention): void {
    this.#said += 1;
    this.#journal.intervened(intervention);
  }

  #shows(what: 'time' | 'lull', text: string, until: string | null): void {
    const { waiting: before } = this.#journal.progress;
    this.#journal.waitsFor({
      for: what,
      text: `${text} Nothing is changed and the log is not locked meanwhile. The plan is made anew when it begins.`,
      // What is shown anew after each look is still the same wait.
      since: before?.for === what ? before.since : new Date().toISOString(),
      until,
      commands: [],
    });
  }

  #lullText(lull: Lull, seen: WritesWatched | null, failed: Refusal | null, atEnd: 'go' | 'skip'): string {
    const few = lull.writesPerMinute ?? seen?.mostPerMinute ?? null;
    const wanted =
      few === null
        ? `the quietest ${(lull.quantile ?? 0) * 100} % of its hours`
        : `${counted(few, 'write')} a minute`;
    return [
      `It waits for a lull: ${counted(lull.forMinutes, 'minute')} with at most ${wanted}.`,
      seen ? watchedText(seen) : '',
      failed ? `The writes cannot be watched: ${failed.message}` : '',
      `Without one by then it ${atEnd === 'go' ? 'begins' : 'ends, skipped'}.`,
    ]
      .filter((part) => part !== '')
      .join(' ');
  }
}

function words({ who, why }: Instruction): Pick<Intervention, 'who' | 'why' | 'at'> {
  return { who, why, at: new Date().toISOString() };
}
