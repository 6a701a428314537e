const kinds = [
  'TypeError', 'RangeError', 'SyntaxError', 'ReferenceError', 'AggregateError', 'AbortError', 'TimeoutError', 'ZodError',
  'ApplicationFailure', 'ActivityFailure', 'ChildWorkflowFailure', 'TimeoutFailure', 'TerminatedFailure', 'ServerFailure',
  'NotFoundError', 'IllegalStateError', 'ValueError', 'PayloadConverterError', 'DeterminismViolationError',
  'WorkflowExecutionAlreadyStartedError', 'WorkflowNotFoundError', 'QueryNotRegisteredError', 'RefusalError', 'OwnWords',
]; // prettier-ignore

/**
 * What kind of error it is, by a name that is known. Neither a message nor another name is said of one that nobody foresaw:
 * they may quote anything (H28), and would stay in Temporal's history.
 */
export function kindOfError(error: unknown): string {
  const { name, type } = (error ?? {}) as { readonly name?: unknown; readonly type?: unknown };
  return (
    kinds.find((kind) => kind === type) ??
    kinds.find((kind) => kind === name) ??
    'an error of a kind that is not known'
  );
}
