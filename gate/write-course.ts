import type { Logger } from 'pino';
import { comeAgain, isTreeRefusal, isUncertain, type Answer } from './answers';
import type { WriteBody } from './body';
import type { Clock } from './clock';
import { NotSent } from './connection';
import type { Hold, Pass, Verdict, WaitingWrite } from './hold';
import type { Line } from './line';
import type { Lines } from './lines';
import { resend } from './resend';
import { brokenAnswer, BrokenCall, brokenReason, type Call } from './upstream';
import type { Waiting } from './waiting';
import type { TurnedAwayBecause, WriteCounts } from './write-counts';

const HELD_TOO_LONG = 'the log is being moved to a new shard; please send the entry again';
const NOT_PROVEN = 'the log cannot take entries at the moment; please send the entry again';
const NO_ROOM = 'there is no room for the entry at the moment; please send it again';
const TREE_CLOSED = 'the log takes no entries at the moment; please send the entry again';

/** A write that was read. */
export interface Write extends WaitingWrite {
  readonly body: WriteBody;
  /** Without its body. */
  readonly call: Omit<Call, 'body'>;
}

/** What became of a call: Rekor's whole answer, or none. */
interface Outcome {
  readonly answer: Answer;
  readonly broke: boolean;
  readonly pass: Pass;
}

export interface CourseParts {
  readonly hold: Hold;
  readonly lines: Lines;
  readonly waiting: Waiting;
  readonly clock: Clock;
  readonly counts: WriteCounts;
  readonly log: Logger;
}

/** The course of a write that was read: held if need be, sent, sent again if need be. */
export class WriteCourse {
  readonly #parts: CourseParts;

  constructor(parts: CourseParts) {
    this.#parts = parts;
  }

  /** The answer that its client gets. */
  async answer(write: Write): Promise<Answer> {
    const answer = await this.#answer(write);
    this.#parts.counts.answered(answer.status);
    return answer;
  }

  /** The answer to a write for which there is no room. One that comes while others are held counts among what the hold cost. */
  turnAway(because: TurnedAwayBecause): Answer {
    const { hold, clock, counts } = this.#parts;
    counts.refused[because] += 1;
    if (hold.letsWait) hold.record?.turnedAway(clock.now());
    return comeAgain(NO_ROOM);
  }

  async #answer(write: Write): Promise<Answer> {
    const first = await this.#send(write);
    if (!('pass' in first)) return first;
    const lost = (first.broke || isUncertain(first.answer)) && first.pass.overtaken();
    const answer =
      lost && write.body.kind === 'whole' ? await this.#finish(write, first.answer) : first.answer;
    return this.#closing(write, answer);
  }

  /** Sends a write when it may go and there is a line for it; else the answer of the gate. */
  async #send(write: Write): Promise<Outcome | Answer> {
    const { hold, waiting } = this.#parts;
    if (hold.letsWait && waiting.isFull) return this.turnAway('too_many_waiting');
    const admitted = hold.admit(write);
    let hasWaited = admitted instanceof Promise;
    let given = admitted instanceof Promise ? await admitted : admitted;
    let line: Line | undefined;
    for (;;) {
      if (given.kind !== 'go') {
        line?.unused();
        return comeAgain(HELD_TOO_LONG);
      }
      const { pass } = given;
      line ??= this.#parts.lines.now();
      if (line && pass.instances.includes(line.instance)) {
        const outcome = await this.#call(write, pass, line);
        if (outcome) return outcome;
        if (write.body.kind === 'streamed') return this.#notProven(write);
      } else {
        line?.unused();
        pass.end();
      }
      if (!hasWaited && waiting.isFull) return this.turnAway('too_many_waiting');
      hasWaited = true;
      const waited = await this.#lineFor(write);
      if (waited === 'refused') return this.#notProven(write);
      const kept = hold.keep(write);
      line = waited;
      if (kept instanceof Promise) {
        line?.unused();
        line = undefined;
      }
      given = await kept;
    }
  }

  #notProven({ client }: WaitingWrite): Answer {
    const { counts } = this.#parts;
    if (client.gone) counts.dropped += 1;
    else counts.refused.unproven += 1;
    return comeAgain(NOT_PROVEN);
  }

  /**
   * Waits for a line, at most for what is left of `maxWait`, and counted as waiting: a hold that begins does not wait for
   * what no Rekor has seen. Undefined: look again for where to send.
   */
  #lineFor(write: WaitingWrite): Promise<Line | undefined | 'refused'> {
    return new Promise((resolve) => {
      const left = this.#parts.hold.maxWaitMs - (this.#parts.clock.now() - write.arrivedAt);
      const stops: (() => void)[] = [];
      const settle = (end: Line | undefined | 'refused'): void => {
        for (const stop of stops) stop();
        resolve(end);
      };
      stops.push(
        this.#parts.clock.after(Math.max(0, left), () => settle('refused')),
        write.client.onGone(() => settle('refused')),
      );
      if (write.client.gone || left <= 0) settle('refused');
      else stops.push(this.#parts.lines.wait(write, (line) => settle(line ?? undefined)));
    });
  }

  /** One call to Rekor; null when nothing was sent. It goes on to its end, and counts until then, whoever has left (H2). */
  async #call(write: Write, pass: Pass, line: Line): Promise<Outcome | null> {
    const body = write.body.kind === 'whole' ? write.body.open() : write.body.stream;
    const { clock, counts } = this.#parts;
    const sentAt = clock.now();
    try {
      const answer = await line.send({ ...write.call, body });
      counts.answeredCalls += 1;
      if (answer.status === 201) counts.calls.took(clock.now() - sentAt);
      return { answer, broke: false, pass };
    } catch (error) {
      if (error instanceof NotSent) return null;
      counts.brokenCalls += 1;
      const reason = brokenReason(error);
      this.#parts.log.warn({ instance: line.instance, reason }, 'a write got no answer from Rekor');
      const broke = !(error instanceof BrokenCall) || error.asked;
      return { answer: brokenAnswer(error), broke, pass };
    } finally {
      pass.end();
    }
  }

  /** A call of a write, counted as Rekor itself counts it. */
  async #counted(call: Promise<Answer>): Promise<Answer> {
    const { counts } = this.#parts;
    try {
      const answer = await call;
      counts.answeredCalls += 1;
      return answer;
    } catch (error) {
      if (!(error instanceof NotSent)) counts.brokenCalls += 1;
      throw error;
    }
  }

  /** A write that broke under a hold waits for the end of the hold and is looked up before it is sent again (H13). */
  async #finish(write: Write, first: Answer): Promise<Answer> {
    const kept = this.#parts.hold.keep(write);
    const verdict: Verdict = kept instanceof Promise ? await kept : kept;
    if (verdict.kind !== 'go' || write.body.kind !== 'whole') return first;
    const left = this.#parts.hold.maxWaitMs - (this.#parts.clock.now() - write.arrivedAt);
    if (left <= 0) {
      verdict.pass.end();
      return first;
    }
    const deadline = new AbortController();
    const stopClock = this.#parts.clock.after(left, () => deadline.abort());
    try {
      const { pass } = verdict;
      const log = {
        ask: (question: Call, signal: AbortSignal) => this.#askAt(pass, question, write, signal),
        write: (call: Call) => this.#counted(this.#askAt(pass, call, write)),
      };
      const answer = await resend(log, write.call, write.body, deadline.signal);
      if (answer?.status === 201) {
        this.#parts.counts.resent += 1;
        this.#parts.hold.record?.resent();
      }
      return answer ?? first;
    } finally {
      stopClock();
      verdict.pass.end();
    }
  }

  /**
   * Asks an instance of a pass for what becomes the answer to a write, and no other. It must be proven also where it only says
   * what is there: the index that it says is acknowledged. No line is waited for under a hold, which waits for the pass.
   */
  async #askAt(pass: Pass, call: Call, write: WaitingWrite, signal?: AbortSignal): Promise<Answer> {
    for (;;) {
      const line = this.#parts.lines.now() ?? (pass.overtaken() ? 'refused' : await this.#lineFor(write));
      if (line === 'refused') throw new Error('there is no line to Rekor');
      if (line === undefined) continue;
      if (!pass.instances.includes(line.instance)) {
        line.unused();
        throw new Error(`writes go to ${line.instance} by now`);
      }
      try {
        return await line.send(call, signal);
      } catch (error) {
        if (!(error instanceof NotSent)) throw error;
      }
    }
  }

  /** The last look at an answer before the client gets it: figures, and H15's 503 while the gate heals. */
  #closing(write: Write, answer: Answer): Answer {
    if (answer.status === 201)
      this.#parts.hold.record?.acknowledged(write.arrivedAt, this.#parts.clock.now());
    if (this.#parts.hold.mode !== 'healing' || !isTreeRefusal(answer)) return answer;
    this.#parts.counts.refused.closed += 1;
    this.#parts.hold.record?.refused(write.arrivedAt);
    return comeAgain(TREE_CLOSED);
  }
}
