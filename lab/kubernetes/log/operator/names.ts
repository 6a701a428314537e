/** What the lab's resource of Red Hat's operator is called, and where it is. Its Deployment has the name that the operator gives. */
export const OPERATOR = {
  apiVersion: 'rhtas.redhat.com/v1',
  namespace: 'rekor-system',
  /** Of the Securesign, and of the Rekor that is made from it. */
  resource: 'securesign-sample',
  deployment: 'rekor-server',
} as const;

/** The stand-in, its account and its Role. */
export const STAND_IN = 'stand-in-operator';
