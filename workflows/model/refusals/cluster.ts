import type { Text, Words } from './text';

/** What is wrong with a log that runs in a Kubernetes cluster, besides what its API server refuses. */
export const clusterRefusals = {
  WORKLOAD_NOT_ROTATABLE: (found: Words<'log' | 'object' | 'reason'>): Text => ({
    message: `No next release of ${found.log} can be derived from ${found.object}: ${found.reason}.`,
    remedy:
      'Let Rekor take both from its arguments: --trillian_log_server.tlog_id as a number or as a variable out of a ConfigMap, and --trillian_log_server.sharding_config as a file out of a ConfigMap or a Secret.',
  }),
  DEPLOYMENT_CANNOT_FOLLOW: (found: Words<'log' | 'object' | 'reason'>): Text => ({
    message: `The pods of ${found.object} would not take the next tree of ${found.log}: ${found.reason}.`,
    remedy: 'Change that, wait until its pods run, then start again.',
  }),
  SERVICE_LEADS_ELSEWHERE: (found: Words<'log' | 'service' | 'reason'>): Text => ({
    message: `${found.service} would not send clients of ${found.log} to the pods that take its next tree: ${found.reason}.`,
    remedy:
      'Give it a selector that finds the pods of logs.NAME.installation.deployment, and no others, or name another Service in logs.NAME.installation.service.',
  }),
  FORMER_SHARDS_TAKEN: (found: Words<'log' | 'what'>): Text => ({
    message: `The cluster would take ${found.what}. A deploy of former values then gives indexes of ${found.log} a second time.`,
    remedy:
      'Install the policies in deploy/kubernetes that fit this log; docs/kubernetes.md says which, and what to fill in.',
  }),
  SERVICE_NOT_MOVABLE: (found: Words<'log' | 'object' | 'reason'>): Text => ({
    message: `Without a gate, ${found.object} cannot lead clients of ${found.log} to a next release: ${found.reason}.`,
    remedy:
      'Let logs.NAME.installation.service be one that a change of its selector moves at once; or put a write gate before it, as docs/gate.md says.',
  }),
  CLUSTER_RIGHTS_MISSING: (found: Words<'log' | 'namespace' | 'rules'>): Text => ({
    message: `The account of the worker may not do all that a rotation of ${found.log} does in the namespace ${found.namespace}.`,
    remedy: `Add these rules to its Role there:\n${found.rules}`,
  }),
  PODS_NOT_READY: (found: { log: string; object: string; reason: string; withinSeconds: number }): Text => ({
    message: `The pods of ${found.object} do not run within ${found.withinSeconds} s: ${found.reason}.`,
    remedy:
      'See `kubectl describe` of that pod. A rotation needs room for as many pods again as the Deployment has, and an image that its nodes can pull.',
  }),
  PODS_NOT_GONE: (found: { log: string; object: string; pod: string; most: number }): Text => ({
    message: `Of ${found.object} in ${found.log} more than ${found.most} pods have not ended yet, and nothing is made beside them: pod ${found.pod}, for example.`,
    remedy:
      'See `kubectl describe` of that pod: a node that is not there keeps it, or its terminationGracePeriodSeconds is long.',
  }),
  STRATEGY_CANNOT: (found: Words<'log' | 'strategy' | 'object' | 'reason' | 'remedy'>): Text => ({
    message: `${found.object} of ${found.log} cannot be rotated by the strategy ${found.strategy}: ${found.reason}.`,
    remedy: found.remedy,
  }),
  SECTION_TOO_SHORT: (found: { log: string; strategy: string; foundMs: number; leastMs: number }): Text => ({
    message: `The critical section of ${found.log} may last ${found.foundMs} ms, in which the strategy ${found.strategy} cannot end pods and start others: allowed is at least ${found.leastMs} ms.`,
    remedy:
      'Let logs.NAME.rotation.criticalSection be longer, and logs.NAME.gate.maxWait with it; a plan file may have shortened it.',
  }),
  REQUESTS_WILL_FAIL: (found: Words<'log' | 'strategy'>): Text => ({
    message: `A rotation of ${found.log} by the strategy ${found.strategy} lets requests fail: reads while pods end and others come in their place, and writes that wait longer than gate.maxWait.`,
    remedy:
      'Choose rolling under logs.NAME.installation.strategy where the Deployment has two pods, or blue-green where there is room for as many pods again.',
  }),
  CANNOT_BE_REHEARSED: (found: Words<'log' | 'strategy'>): Text => ({
    message: `A rotation of ${found.log} cannot be rehearsed: by the strategy ${found.strategy} the pods that serve would end for it.`,
    remedy: 'Read in the plan what a rotation costs. Only one that takes place shows how long it lasts.',
  }),
  LAUNCHER_UNREACHABLE: (found: Words<'log' | 'pod' | 'url' | 'reason'>): Text => ({
    message: `The launcher in pod ${found.pod} at ${found.url} does not answer: ${found.reason}.`,
    remedy:
      'The worker must reach the pods of the log by their own addresses, on the port of Rekor and on this one: check NetworkPolicies, and where the worker runs.',
  }),
  LAUNCHER_REFUSED: (found: Words<'log' | 'pod' | 'reason'>): Text => ({
    message: `The launcher in pod ${found.pod} did not do what it was told: ${found.reason}.`,
    remedy:
      'If it cannot start Rekor, let logs.NAME.installation.entrypoint be what the image of Rekor runs (`docker inspect`, Entrypoint).',
  }),
  OWNER_TAKES_BACK: (
    found: Words<'log' | 'owner' | 'nextRun' | 'pause'> & { readonly objects: readonly string[] },
  ): Text => ({
    message: `${found.owner} would take a rotation of ${found.log} back by itself: it writes ${found.objects.join(', ')}. ${found.nextRun}`,
    remedy: `Hold it off until the new values are committed. ${found.pause} Then say how under logs.NAME.installation.ownersHeldOff, as "${found.owner}: HOW".`,
  }),
  OWNER_HELD_OFF_IN_VAIN: (found: Words<'log' | 'owner'> & { readonly found: readonly string[] }): Text => ({
    message: `installation.ownersHeldOff of ${found.log} says how "${found.owner}" is held off, and nobody of that name has to be: ${found.found.length === 0 ? 'the objects tell of no owner' : `the objects tell of ${found.found.join(', ')}`}.`,
    remedy:
      'Take the entry out, or give it the name as found. It is compared to the letter, so that another owner is refused.',
  }),
  OPERATOR_CANNOT: (found: Words<'log' | 'object' | 'reason'>): Text => ({
    message: `Red Hat's operator cannot give Rekor of ${found.log} what a rotation would write into ${found.object}: ${found.reason}.`,
    remedy:
      'Change the resource, or the operator, so that it can. What the operator generates is no place for it: that is written again.',
  }),
  OPERATOR_PAUSED: (found: Words<'log' | 'object' | 'annotation'>): Text => ({
    message: `Red Hat's operator leaves ${found.object} alone, because its annotation ${found.annotation} is "true": Rekor of ${found.log} would not follow its resource.`,
    remedy: `Take the annotation away, wait until the operator is done, then start again: \`kubectl annotate KIND NAME ${found.annotation}-\`.`,
  }),
  OPERATOR_NOT_FOLLOWING: (found: Words<'log' | 'object' | 'reason'>): Text => ({
    message: `Red Hat's operator has not brought Rekor of ${found.log} to what ${found.object} says: ${found.reason}.`,
    remedy:
      'See `kubectl describe` of that object and of its Rekor, and the log of the operator. A rotation needs one that does what its resource says.',
  }),
  COPY_SERVES: (found: Words<'log' | 'current'>): Text => ({
    message: `Clients of ${found.log} are sent to ${found.current}, which a rotation makes for a while only: no next release can be made beside it.`,
    remedy:
      'Let the rotation that made it end, or `rekor-rotate recover`: then the standing Deployment serves again.',
  }),
} as const;
