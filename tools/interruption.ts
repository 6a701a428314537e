/**
 * Aborted by Ctrl-C, by SIGTERM or by the end of the terminal, which then no longer end this process: it ends what it started,
 * and more of them do not cut that short. `first` is called at the first of them; `reason` is what the signal aborts with.
 */
export function interruption(first: () => void = () => undefined, reason?: Error): AbortSignal {
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (!interrupted.signal.aborted) {
        first();
        interrupted.abort(reason);
      }
    });
  }
  return interrupted.signal;
}
