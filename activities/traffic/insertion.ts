import type { Instance } from '../../workflows/model/log';

/** `another gate`: where they were led for a rotation, and the gate is not there any more. */
export type LeadsTo = 'gate' | 'rekor' | 'another gate';

/**
 * THE PORT: a write gate that stands before a log for a rotation alone. Something that clients reach is led to it, and back.
 * Nothing of a rotation asks for it but the look before one, so every order, step and undo is that of a gate that always stands
 * there.
 */
export interface GateInsertion {
  /** What clients reach, for people. */
  readonly name: string;
  /** From a change until no new connection ends where it led before, at most; milliseconds. */
  readonly followsMs: number;

  /** Where clients are led now. Refuses CHANGED_BY_SOMEONE where that is anything else. */
  leadsTo(signal: AbortSignal): Promise<LeadsTo>;

  /** Where the gate sends to between rotations; base URL. */
  upstream(signal: AbortSignal): Promise<string>;

  /**
   * The gate as clients would reach it, to be asked by itself. Changes nothing. Refuses GATE_NOT_INSERTABLE, GATE_NOT_READY, and
   * OPERATOR_CANNOT where somebody makes what clients reach and would lead it back.
   */
  requireInsertable(signal: AbortSignal): Promise<Instance>;

  /**
   * From the answer on, and `followsMs` later, new connections end at the gate. What was there before is kept beside it. Repeated,
   * it changes nothing.
   */
  insert(signal: AbortSignal): Promise<void>;

  /** Exactly what was there before is there again. Repeated, it changes nothing. Refuses CHANGED_BY_SOMEONE. */
  remove(signal: AbortSignal): Promise<void>;

  /**
   * How many writes each Rekor process has answered since it began, whoever sent them. Refuses REKOR_METRICS_UNREACHABLE.
   *
   * @returns by process: one that begins anew has another name.
   */
  answeredWrites(signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
}
