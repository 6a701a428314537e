import { passesWaitedFor } from '../drain';
import type { Text } from './text';

/** What does not answer, or not as it should. */
export const unreachableRefusals = {
  TRILLIAN_UNREACHABLE: (found: { log: string; address: string; reason: string }): Text => ({
    message: `Trillian's log server of ${found.log} at ${found.address} does not answer: ${found.reason}.`,
    remedy: 'Check logs.NAME.trillian.address and its TLS settings, and that the server runs.',
  }),
  TRILLIAN_QUOTA: (found: { log: string; address: string; method: string; reason: string }): Text => ({
    message: `The quota of Trillian's log server of ${found.log} at ${found.address} refuses ${found.method}: ${found.reason}.`,
    remedy:
      "Writes of clients are refused, too, whether or not a rotation runs. Let the signer work off its queue, and find out why it has not; or raise the quota's limit.",
  }),
  REKOR_UNREACHABLE: (found: { log: string; instance: string; url: string; reason: string }): Text => ({
    message: `Rekor ${found.instance} of ${found.log} at ${found.url} does not answer: ${found.reason}.`,
    remedy: 'Check the url in the configuration and that this Rekor runs.',
  }),
  OPERATION_SWITCHED_OFF: (found: { url: string; request: string; operation: string }): Text => ({
    message: `Rekor at ${found.url} answers 501 to ${found.request}: its operation ${found.operation} is switched off.`,
    remedy: `Let --enabled_api_endpoints list ${found.operation} for every Rekor of this log, or leave that flag out, then restart that Rekor.`,
  }),
  HOST_NAME_UNRESOLVED: (found: { host: string; url: string; field: string; reason: string }): Text => ({
    message: `The worker's host finds no address for ${found.host}, of ${found.url} (${found.field}): ${found.reason}.`,
    remedy:
      "Check the field, and DNS or /etc/hosts on the worker's host: the worker must reach the log where its clients do.",
  }),
  TLS_FAILED: (found: {
    url: string;
    field: string;
    reason: string;
    trusted?: { readonly field: string; readonly file: string } | undefined;
  }): Text => ({
    message: `There is no TLS connection to ${found.url} (${found.field}): ${found.reason}. Trusted are the authorities ${found.trusted ? `in ${found.trusted.file} (${found.trusted.field}), and no others` : 'that Node.js brings along'}.`,
    remedy:
      'If a private authority signed the certificate, let logs.NAME.tls.caFile name a PEM file with it; several may stand in one file. Else mend the certificate, or write the URL with the host name and port that it is for.',
  }),
  TLS_FILE_UNUSABLE: (found: { field: string; file: string; reason: string }): Text => ({
    message: `The file ${found.file} (${found.field}) cannot be used: ${found.reason}.`,
    remedy: 'Let the field name a PEM file that the user of the worker may read.',
  }),
  GATE_UNREACHABLE: (found: { log: string; url: string; reason: string }): Text => ({
    message: `The write gate of ${found.log} at ${found.url} does not answer: ${found.reason}.`,
    remedy:
      'Check logs.NAME.gate.admin, or gate.adminAddress or gate.members where one is set, and that `rekor-rotate gate` runs for this log.',
  }),
  CLUSTER_UNREACHABLE: (found: { log: string; url: string; reason: string }): Text => ({
    message: `The API server of the cluster of ${found.log} at ${found.url} does not answer: ${found.reason}.`,
    remedy:
      "Check the server, the authorities and the proxy-url of the kubeconfig, and that the worker's host reaches that server.",
  }),
  CLUSTER_CREDENTIALS_UNUSABLE: (found: { log: string; source: string; reason: string }): Text => ({
    message: `The credentials for the cluster of ${found.log}, from ${found.source}, cannot be used: ${found.reason}.`,
    remedy: 'Mend what they are read from, or the token, certificate or plugin that stands there.',
  }),
  CLUSTER_DENIED: (found: { log: string; verb: string; object: string }): Text => ({
    message: `The cluster of ${found.log} does not let us ${found.verb} ${found.object}.`,
    remedy:
      'Let a Role allow this verb for this resource and name. If one does, an admission policy or a quota forbids it.',
  }),
  CLUSTER_CONFLICT: (found: { log: string; verb: string; object: string; reason: string }): Text => ({
    message: `Nothing was changed: ${found.verb} of ${found.object} in the cluster of ${found.log} came into the way of somebody else: ${found.reason}.`,
    remedy: 'Find out who changes this object besides us, and let only one of both do so.',
  }),
  CLUSTER_OBJECT_MISSING: (found: { log: string; verb: string; object: string }): Text => ({
    message: `There is nothing to ${found.verb}: ${found.object}, or its namespace, is not in the cluster of ${found.log}.`,
    remedy: 'Find out who deleted it, or mend the name.',
  }),
  CLUSTER_INVALID: (found: { log: string; verb: string; object: string; reason: string }): Text => ({
    message: `The cluster of ${found.log} does not take what ${found.verb} of ${found.object} would make of it: ${found.reason}.`,
    remedy:
      'Mend these fields. Values are not shown, because they may be secret; `kubectl apply --dry-run=server` says more.',
  }),
  CLUSTER_KIND_UNKNOWN: (found: { log: string; apiVersion: string; kind: string }): Text => ({
    message: `The cluster of ${found.log} has no kind ${found.kind} of ${found.apiVersion}.`,
    remedy: 'Check how it is spelt, and install its CustomResourceDefinition if it has one.',
  }),
  NUMBER_TOO_LARGE: (found: { log: string; where: string; largest: number }): Text => ({
    message: `${found.where} of ${found.log} has a number that no rotation gave it: none counts beyond ${found.largest}.`,
    remedy:
      'Somebody wrote it by hand, and no order could follow it. docs/operating.md says how it is put right: "A number that is too large".',
  }),
  SECRET_UNREADABLE: (found: { field: string; source: string; reason: string }): Text => ({
    message: `The secret ${found.field} cannot be read from ${found.source}: ${found.reason}.`,
    remedy: 'Let the configuration name a file or variable that the worker can read.',
  }),
  /** @param found.address absent where a worker asks the server that it works for. */
  TEMPORAL_UNREACHABLE: (found: { address?: string; reason: string }): Text => ({
    message: `Temporal${found.address === undefined ? '' : ` at ${found.address}`} does not answer: ${found.reason}.`,
    remedy:
      'Check temporal.address in the configuration, or TEMPORAL_ADDRESS, which wins; and that the server runs.',
  }),
  TEMPORAL_NAMESPACE_UNKNOWN: (found: { address: string; namespace: string }): Text => ({
    message: `Temporal at ${found.address} has no namespace "${found.namespace}".`,
    remedy:
      'Create it (temporal operator namespace create), or name another in temporal.namespace or TEMPORAL_NAMESPACE.',
  }),
  TEMPORAL_DENIED: (found: { address: string; namespace: string; reason: string }): Text => ({
    message: `Temporal at ${found.address} does not let us into namespace "${found.namespace}": ${found.reason}.`,
    remedy: 'Check TEMPORAL_API_KEY, or the certificate of TEMPORAL_TLS_CLIENT_CERT_PATH, and its rights.',
  }),
  TEMPORAL_SETTINGS_INVALID: (found: { reason: string }): Text => ({
    message: `The settings for Temporal in the environment cannot be used: ${found.reason}.`,
    remedy: 'Look at the TEMPORAL_ variables, and at the profile and files that they name.',
  }),
  DATABASE_UNREACHABLE: (found: { log: string; reason: string }): Text => ({
    message: `Trillian's database of ${found.log} does not answer: ${found.reason}.`,
    remedy:
      'Check logs.NAME.trillian.database, or leave it out: then the drain is proven by the signer, which takes longer.',
  }),
  DATABASE_UNUSABLE: (found: { log: string; reason: string }): Text => ({
    message: `Trillian's database of ${found.log} cannot be read as it is configured: ${found.reason}.`,
    remedy:
      'Check kind, host, port and tls under logs.NAME.trillian.database, or leave it out: then the drain is proven by the signer, which takes longer.',
  }),
  DATABASE_DENIED: (found: { log: string; reason: string }): Text => ({
    message: `Trillian's database of ${found.log} does not let its user read what is needed: ${found.reason}.`,
    remedy:
      'Check user, password and database under logs.NAME.trillian.database, and the rights of that user, which docs/configuration.md has.',
  }),
  DATABASE_OF_ANOTHER_TRILLIAN: (found: { log: string; expected: string; shown: string }): Text => ({
    message: `The database of ${found.log} is not the one that its Trillian writes to now: expected ${found.expected}, found ${found.shown}.`,
    remedy:
      'Let logs.NAME.trillian.database name the primary of this Trillian: no copy, no replica, no other environment. An empty queue elsewhere proves nothing.',
  }),
  METRICS_UNREACHABLE: (found: { log: string; url: string; reason: string }): Text => ({
    message: `The metrics of ${found.log} at ${found.url} cannot be read: ${found.reason}.`,
    remedy:
      'Check logServerMetrics and signerMetrics under logs.NAME.trillian: without them nothing proves that a tree is drained.',
  }),
  REKOR_METRICS_UNREACHABLE: (found: {
    log: string;
    instance: string;
    url: string;
    reason: string;
  }): Text => ({
    message: `The metrics of Rekor ${found.instance} of ${found.log} at ${found.url} cannot be read: ${found.reason}.`,
    remedy:
      'Let this process reach port 2112 of the pods of Rekor: without it nobody can tell what is written to them past the write gate.',
  }),
  LOG_SERVER_NOT_LISTED: (found: { log: string; address: string }): Text => ({
    message: `A call that Trillian of ${found.log} at ${found.address} answered is counted on none of its log servers' metrics pages.`,
    remedy:
      'Let logServerMetrics name every log server process of this Trillian by its own page: one that is left out may hold a write that nobody sees.',
  }),
  DRAIN_DOES_NOT_FIT: (found: {
    log: string;
    tree: string;
    by: 'queue' | 'signer passes';
    passes: number;
    withinMs: number;
    signers: number;
    signerIntervalMs: number;
    readingMs: number;
    pageBytes: number;
    waitsMs: number;
    mostMs: number;
  }): Text => ({
    message:
      `A critical section of ${found.log} may wait ${found.waitsMs} ms for its signers, and ${found.mostMs} ms is the most that fits: ` +
      `${found.passes} passes over tree ${found.tree} in ${found.withinMs} ms, where signerInterval says ${found.signerIntervalMs} ms; ` +
      (found.by === 'queue'
        ? 'the entries on their way need one, the handover leaf another.'
        : `without a database it waits for ${passesWaitedFor(found)} of them, and reads pages of up to ${megabytes(found.pageBytes)} MB, which takes ${found.readingMs} ms.`),
    remedy:
      found.by === 'queue'
        ? "Shorten the signers' --sequencer_interval, or find out what slows them; or let rotation.criticalSection and gate.maxWait be longer. More than 4 s never fits: a tree must be closed again in 5 s."
        : "Give logs.NAME.trillian.database, which needs neither these passes nor these pages; or shorten the signers' --sequencer_interval. A signer's page shrinks when it is restarted: it has lines for every tree seen open since.",
  }),
  SIGNER_BEHIND: (found: { log: string; url: string; behindMs: number; mostMs: number }): Text => ({
    message: `The signer of ${found.log} with the metrics at ${found.url} has a clock that is at least ${found.behindMs} ms behind that of a log server, and ${found.mostMs} ms is the most that fits: it leaves each leaf alone for so long, the handover too.`,
    remedy:
      'Set the clocks right. One that is set back makes its trees wait for as long: until a signer is past its last root it signs none.',
  }),
} as const;

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
