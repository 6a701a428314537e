import { condition, isCancellation } from '@temporalio/workflow';
import { failed } from './failure';
import type { Journal, Takes } from './journal';
import { standingOf, type Approval, type ApprovalSubject } from './model/approval';
import { readApproval, type ApprovalInput, type GivenApproval } from './model/approval-input';
import { commandsByHand, statementOf } from './model/approval-statement';
import { counted } from './model/counted';
import { exampleOf, instructionProblems, type Instruction, type Intervention } from './model/instruction';
import type { Observations } from './model/observations';
import type { Plan } from './model/plan';
import { editedText } from './model/plan-settings';
import { refusal, type Refusal } from './model/refusals';
import { answer, refusedFor } from './updates';

/** What is asked for, and of whom. */
interface Question {
  readonly asked: ApprovalSubject;
  readonly plan: Plan;
}

/**
 * The approvals of one rotation: answers the Updates `approve` and `reject`, and waits for enough people. An approval is
 * good for one plan: when another plan is asked for, none of those before counts.
 */
export class Approvals {
  readonly #journal: Journal;
  readonly #observations: Pick<Observations, 'verifyApprovals'>;
  #question: Question | undefined;
  #given: GivenApproval[] = [];
  #approvals: Approval[] = [];
  #rejected: Intervention | undefined;

  /** Answers the Updates from now on. */
  constructor(journal: Journal, observations: Pick<Observations, 'verifyApprovals'>) {
    this.#journal = journal;
    this.#observations = observations;
    answer<ApprovalInput>('approve', {
      description:
        'While it waits for approvals: {"approval": "the line that is asked for", "signature": "..."}',
      refusals: (input) => this.#refusals(input),
      follow: (input) => this.#approve(input),
    });
    answer<Instruction>('reject', {
      description: `While it waits for approvals: ends it. ${exampleOf({}, '...')}`,
      refusals: (input) => {
        const question = this.#question;
        return question
          ? refusedFor(
              'reject',
              instructionProblems('reject', input, { plan: question.asked.planHash, nowMs: Date.now() }),
            )
          : [noneAsked('reject')];
      },
      follow: (input) => this.#reject(input),
    });
    journal.answers(() => (this.#question ? takenFor(this.#question) : []));
  }

  /** What was sent and counted, for whoever verifies it again where it is carried out. */
  get given(): readonly GivenApproval[] {
    return this.#given;
  }

  /** Waits until enough people have approved exactly this; gives what ends the rotation instead, if that comes first. */
  async wait(asked: ApprovalSubject, plan: Plan): Promise<Refusal | null> {
    this.#question = { asked, plan };
    this.#given = [];
    this.#approvals = [];
    const { log, expiresAt } = asked;
    const since = new Date().toISOString();
    this.#journal.begins('approvals', false);
    this.#show(since);
    try {
      for (;;) {
        const before = this.#approvals.length;
        const leftMs = Date.parse(expiresAt) - Date.now();
        const changed = (): boolean => this.#rejected !== undefined || this.#approvals.length !== before;
        const came =
          leftMs > 0 &&
          (changed() || (await condition(changed, leftMs, { summary: 'until approvals expire' })));
        const { missing } = this.#standing();
        if (this.#rejected) {
          return refusal('REJECTED', { log, who: this.#rejected.who, why: this.#rejected.why });
        }
        if (missing === 0) {
          return null;
        }
        if (!came) {
          return refusal('NOT_APPROVED', { log, missing, expiresAt });
        }
        this.#show(since);
      }
    } catch (error) {
      if (isCancellation(error)) {
        return refusal('CANCELLED', { step: 'approvals' });
      }
      throw error;
    } finally {
      this.#question = undefined;
      this.#journal.waitsFor(null);
    }
  }

  #standing() {
    const question = this.#question;
    return question
      ? standingOf(this.#approvals, question.asked, question.plan.approvals, Date.now())
      : { counted: [], missing: 0, claimed: false };
  }

  #refusals(input: unknown): readonly Refusal[] {
    if (!this.#question) {
      return [noneAsked('approve')];
    }
    const { asked, plan } = this.#question;
    const read = readApproval(input, asked, plan.approvals, Date.now());
    return 'refusals' in read ? read.refusals : [];
  }

  async #approve(input: ApprovalInput): Promise<string> {
    const question = this.#question;
    if (!question) {
      throw failed(noneAsked('approve'));
    }
    const { asked, plan } = question;
    const given = { input, takenAt: new Date().toISOString() };
    const { approvals, refusals } = await this.#observations.verifyApprovals({
      log: asked.log,
      asked,
      given: [given],
    });
    // It may have expired, or another plan may be asked for, since it was sent: a worker may come hours later.
    const [refused = this.#question === question ? undefined : noneAsked('approve')] = refusals;
    const [approval] = approvals;
    if (refused || !approval) {
      throw failed(refused ?? noneAsked('approve'));
    }
    const before = this.#standing();
    const after = standingOf([...this.#approvals, approval], asked, plan.approvals, Date.now());
    if (after.counted.length === before.counted.length) {
      throw failed(refusal('APPROVED_BEFORE', { log: asked.log, who: approval.who }));
    }
    this.#approvals = [...this.#approvals, approval];
    this.#given = [...this.#given, given];
    const { missing } = after;
    return `${approval.who} approves the plan ${asked.planHash.slice(0, 12)}; ${missing === 0 ? 'that is enough' : `${counted(missing, 'person', 'people')} more must`}.`;
  }

  #reject({ who, why }: Instruction): string {
    this.#rejected = { instruction: 'reject', who, why, at: new Date().toISOString() };
    this.#journal.intervened(this.#rejected);
    return `Rejected by ${who}.`;
  }

  #show(since: string): void {
    if (!this.#question) {
      return;
    }
    const { asked, plan } = this.#question;
    const { approvers } = plan.approvals;
    const { counted: approved, missing } = this.#standing();
    const signed = approvers.length > 0;
    this.#journal.waitsFor({
      for: 'approvals',
      since,
      until: asked.expiresAt,
      text: [
        `It waits for ${counted(missing, 'approval')} of its plan ${asked.planHash}.`,
        ...(plan.edited ? [`Edited in its plan file: ${editedText(plan.edited)}.`] : []),
        ...approved.map(({ who, takenAt }) => `${who} approved it at ${takenAt}.`),
        'Until then nothing is changed and the log is not locked. Then it ends, refused, and what was approved is void.',
        ...(signed
          ? [`Approvers: ${approvers.map(({ name }) => name).join(', ')}.`]
          : ['No keys are configured, so an approval is a claim that nobody checks.']),
      ].join(' '),
      commands: signed
        ? [
            { title: 'To sign and send it, in a shell', lines: [`rekor-rotate approve ${asked.log}`] },
            {
              title:
                'Or without rekor-rotate, with your key after `-f`; the last line prints the input of `approve`',
              lines: commandsByHand(asked),
            },
          ]
        : [],
      asks: { subject: asked, plan, approvers, counted: approved, missing },
    });
  }
}

function takenFor({ asked, plan }: Question): ReturnType<Takes> {
  const signed = plan.approvals.approvers.length > 0;
  const input = signed
    ? '{"approval": "...", "signature": "..."}'
    : JSON.stringify({ approval: statementOf(asked), who: '...', why: '...' });
  return [{ update: 'approve', input }, { update: 'reject' }];
}

function noneAsked(update: 'approve' | 'reject'): Refusal {
  return refusal('INSTRUCTION_REFUSED', {
    update,
    problems: ['It does not wait for approvals now.'],
  });
}
