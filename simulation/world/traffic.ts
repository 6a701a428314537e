import type { Answer } from '../../gate/answers';
import type { Random } from '../random';
import type { VirtualTime } from '../virtual-time';
import { type Front, WritingClient } from './front';
import type { ReleaseId, SimulatedInstallation } from './installation';
import { RekorGone, type RekorProcess } from './rekor';

/** An entry that a client was told of with a 201. */
export interface Acknowledged {
  readonly body: string;
  readonly treeId: string;
  readonly uuid: string;
  readonly logIndex: number;
  readonly at: number;
  /** Past the gate, straight to this release. */
  readonly direct: ReleaseId | undefined;
}

export interface TrafficParts {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly front: Front;
  readonly installation: SimulatedInstallation;
  readonly onFailed: (what: string) => void;
  /** A read through the gate answered something else than was acknowledged. */
  readonly onWrongRead: (what: string) => void;
}

/** A client gives up after so long, in milliseconds. */
const PATIENCE_MS = 5_000;

/** Clients without retries, through the front of the log all the time and past it where a scenario says so. */
export class Traffic {
  readonly acknowledged: Acknowledged[] = [];
  failedWrites = 0;
  failedReads = 0;
  readonly #parts: TrafficParts;
  #number = 0;
  #perSecond: number;
  #stopped = false;

  constructor(parts: TrafficParts, perSecond: number) {
    this.#parts = parts;
    this.#perSecond = perSecond;
  }

  start(): void {
    this.#writeOn();
    this.#readOn();
  }

  slowDown(perSecond: number): void {
    this.#perSecond = perSecond;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** One write through the gate; whether it was acknowledged. */
  async write(): Promise<boolean> {
    const body = this.#newBody();
    const client = new WritingClient();
    try {
      const answer = await this.#inTime(this.#parts.front.write(body, client));
      return answer === undefined || this.#answered(body, answer, undefined);
    } catch (error) {
      client.leave();
      this.#failed(`a write through the gate: ${String(error)}`);
      return false;
    }
  }

  /** One write straight to a Rekor of a release, when there is one. */
  async writePast(release: ReleaseId): Promise<void> {
    const body = this.#newBody();
    try {
      const processes = this.#parts.installation.processesOf(release);
      const process = processes.length > 1 ? this.#parts.random.pick(processes) : processes[0];
      const answer = await process?.post(body);
      // The gate alone keeps writes from a Rekor that misread a length: what that one says past the gate is no rotation's.
      if (answer && !process?.misread) {
        this.#answered(body, answer, release);
      }
    } catch (error) {
      if (!(error instanceof RekorGone)) {
        throw error;
      }
    }
  }

  /** Writers past the gate, for a while. */
  async writePastFor(release: ReleaseId, ms: number): Promise<void> {
    const { time, random } = this.#parts;
    const ends = time.now + ms;
    while (time.now < ends && !this.#stopped) {
      void this.writePast(release);
      await time.pass(random.between(20, 120));
    }
  }

  #newBody(): string {
    return `{"entry":${(this.#number += 1)}}`;
  }

  #writeOn(): void {
    const { time, random } = this.#parts;
    time.after(
      (1000 / this.#perSecond) * random.between(0.5, 1.5),
      () => {
        if (!this.#stopped) {
          void this.write();
          this.#writeOn();
        }
      },
      null,
    );
  }

  #readOn(): void {
    const { time, random } = this.#parts;
    time.after(
      (1500 / this.#perSecond) * random.between(0.5, 1.5),
      () => {
        if (!this.#stopped) {
          void this.#readSome();
          this.#readOn();
        }
      },
      null,
    );
  }

  async #readSome(): Promise<void> {
    const { random } = this.#parts;
    const known = this.acknowledged.filter((entry) => entry.direct === undefined);
    if (known.length === 0) {
      return;
    }
    const wanted = random.chance(0.5) ? known.at(-1) : random.pick(known);
    if (wanted) await this.#read(wanted);
  }

  async #read(wanted: Acknowledged): Promise<void> {
    const { front, onWrongRead } = this.#parts;
    try {
      const process = await this.#inTime(Promise.resolve(front.read()));
      if (process.misread) {
        return;
      }
      const byIndex = process.entryAt(wanted.logIndex);
      const byUuid = process.entryByUuid(wanted.uuid);
      if (front.mayFail && !byIndex && isTooNew(process, wanted)) {
        throw new Error(`it came to one that has loaded less of tree ${wanted.treeId}`);
      }
      if (byIndex?.uuid !== wanted.uuid || byUuid?.logIndex !== wanted.logIndex) {
        onWrongRead(
          `index ${wanted.logIndex} answered ${byIndex?.uuid.slice(0, 8) ?? 'nothing'}, ${wanted.body} has ${byUuid?.logIndex ?? 'no index'}`,
        );
      }
    } catch (error) {
      this.failedReads += 1;
      this.#parts.onFailed(`a read: ${String(error)}`);
    }
  }

  #answered(body: string, answer: Answer, direct: ReleaseId | undefined): boolean {
    if (answer.status !== 201) {
      if (direct === undefined) {
        this.#failed(`a write through the gate: ${answer.status} ${String(answer.body)}`);
      }
      return false;
    }
    const entries = JSON.parse(answer.body.toString('utf8')) as Record<string, { logIndex: number }>;
    for (const [entryId, { logIndex }] of Object.entries(entries)) {
      const treeId = BigInt(`0x${entryId.slice(0, 16)}`).toString();
      const uuid = entryId.slice(16);
      const entry = { body, treeId, uuid, logIndex, at: this.#parts.time.now, direct };
      this.acknowledged.push(entry);
      // Whoever reads at once what it has written reads it through another gate.
      if (direct === undefined && !this.#parts.front.mayFail) void this.#read(entry);
    }
    return true;
  }

  #failed(what: string): void {
    this.failedWrites += 1;
    this.#parts.onFailed(what);
  }

  async #inTime<Result>(answer: Promise<Result>): Promise<Result> {
    return await new Promise<Result>((resolve, reject) => {
      const waiting = this.#parts.time.after(PATIENCE_MS, () => reject(new Error('no answer in 5 s')), null);
      answer.then(resolve, reject).finally(() => waiting.cancel());
    });
  }
}

/** Whether an entry was made after its process loaded the length of its tree, if it knows that tree at all. */
function isTooNew({ configuration, lengths }: RekorProcess, { treeId, logIndex }: Acknowledged): boolean {
  const { activeTreeId, inactiveTreeIds } = configuration;
  const position = inactiveTreeIds.indexOf(treeId);
  const end = lengths.slice(0, position + 1).reduce((sum, length) => sum + length, 0);
  return position < 0 ? activeTreeId !== treeId : logIndex >= end;
}
