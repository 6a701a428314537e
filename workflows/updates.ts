import { type ApplicationFailure, defineUpdate, setHandler } from '@temporalio/workflow';
import { failed, reasonOf } from './failure';
import type { InstructionName } from './model/instruction';
import { refusal, type Refusal } from './model/refusals';

/** How a workflow answers an Update. */
export interface Answer<Input> {
  /** What the Temporal UI says of it. */
  readonly description: string;
  /** Everything that stands against it, before it is taken. Looks only. */
  readonly refusals: (input: unknown) => readonly Refusal[];
  /** Follows it, and says in plain words what it did. May throw a failure of the catalogue. */
  readonly follow: (input: Input) => string | Promise<string>;
}

/**
 * Answers an Update. Whatever comes in, and whatever goes wrong, only a refusal of the catalogue goes out: after any other
 * error the workflow can stand still for good, if whoever sent the Update has gone (TypeScript SDK 1.24, server 1.29).
 */
export function answer<Input>(name: InstructionName, { description, refusals, follow }: Answer<Input>): void {
  setHandler(
    defineUpdate<string, [Input]>(name),
    async (input) => {
      try {
        return await follow(input);
      } catch (error) {
        throw ofCatalogue(error, name);
      }
    },
    {
      description,
      validator: (input: unknown) => {
        let [first]: readonly Refusal[] = [];
        try {
          [first] = refusals(input);
        } catch (error) {
          throw ofCatalogue(error, name);
        }
        if (first) {
          throw answered(first);
        }
      },
    },
  );
}

/** The refusal of an instruction that has something wrong with it; none when nothing has. */
export function refusedFor(update: InstructionName, problems: readonly string[]): Refusal[] {
  return problems.length === 0 ? [] : [refusal('INSTRUCTION_REFUSED', { update, problems })];
}

function ofCatalogue(error: unknown, name: string): ApplicationFailure {
  return answered(reasonOf(error, name));
}

/** Whoever sent an Update from the Temporal UI is shown the message alone, so it says what to do, too. */
function answered(reason: Refusal): ApplicationFailure {
  return failed(reason, `${reason.message} ${reason.remedy}`);
}
