/**
 * How many writes a log has taken of late, read from the log itself. workers/ connects it, since the room that reads it stands on
 * clients of this one.
 */
export interface PastWrites {
  /**
   * Writes a minute of each hour of the week, on average over the past weeks. Refuses QUANTILE_UNKNOWN where the log is too
   * young or takes too few writes to tell, and REKOR_UNREACHABLE where it cannot be read now.
   */
  ofWeek(signal: AbortSignal): Promise<readonly number[]>;
}
