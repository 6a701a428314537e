import { OwnWords } from '../errors/own-words';

/** Something the log said that does not hold; `verification.ts` names the shard and index and refuses. */
export class NotProven extends OwnWords {
  constructor(reason: string, options?: ConstructorParameters<typeof OwnWords>[1]) {
    super(reason, options);
    this.name = 'NotProven';
  }
}

/** Throws {@link NotProven} with the reason unless the condition holds. */
export function prove(condition: boolean, reason: string): asserts condition {
  if (!condition) {
    throw new NotProven(reason);
  }
}
