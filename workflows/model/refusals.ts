import { passesWaitedFor } from './drain';
import { counted, entries } from './counted';
import type { Pause } from './executions';
import { withoutCredentials } from './without-credentials';

/**
 * Every reason to say no (a refusal: nothing has happened yet), every way to fail (something had), and every warning, which
 * stands against nothing: what was found, and what to do. docs/refusals.md lists the same codes; a test keeps both equal.
 */

export interface Refusal {
  readonly code: RefusalCode;
  /** What was found, with its values. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}

type Text = Omit<Refusal, 'code'>;

/** What was found, each a text. */
type Words<Names extends string> = Readonly<Record<Names, string>>;

/** What came back for a request: a status, or why nothing did. */
type AnswerOrSilence = { readonly status: number } | { readonly silence: string };

/** What a probe of an address came to, and the status that Rekor itself answers it with. */
type Probed = AnswerOrSilence & { readonly url: string; readonly field: string; readonly expected: number };

const catalogue = {
  UNKNOWN_LOG: (found: { log: string; known: readonly string[]; nearest?: string }): Text => ({
    message: `There is no log named "${withoutCredentials(found.log)}" in the configuration, whose logs are ${found.known.join(', ')}.`,
    remedy: found.nearest
      ? `Did you mean "${found.nearest}"? Otherwise add it under logs: and restart the worker.`
      : 'Use one of these names, or add the log under logs: and restart the worker.',
  }),
  REQUEST_INVALID: (found: { field: string; value: string; allowed: string }): Text => ({
    message: `The request's ${found.field} is ${found.value}; allowed is ${found.allowed}.`,
    remedy: 'Start it again with {"log": "NAME"} and the fields that are wanted besides.',
  }),
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
  HOSTNAME_DIFFERS: (found: { log: string; where: string; served: string; expected: string }): Text => ({
    message: `The checkpoints of ${found.log} at ${found.where} are signed as "${found.served}", but logs.${found.log}.hostname is "${found.expected}".`,
    remedy:
      'Start every Rekor of this log with --rekor_server.hostname as the trusted root of your clients has it in its baseUrl, or mend the field.',
  }),
  HOSTNAME_NOT_IN_ADDRESS: (found: { log: string; served: string; field: string; url: string }): Text => ({
    message: `Checkpoints are signed as "${found.served}", which is not in ${found.field} (${found.url}). JavaScript verifiers refuse every entry unless the baseUrl in the trusted root of your clients has that name.`,
    remedy: `If it has, set logs.${found.log}.hostname to it.`,
  }),
  RELEASES_DIFFER: (found: Words<'next' | 'current' | 'what' | 'ofNext' | 'ofCurrent'>): Text => ({
    message: `Rekor in ${found.next} does not serve the same log as Rekor in ${found.current}: its ${found.what} is ${found.ofNext}, that of ${found.current} is ${found.ofCurrent}.`,
    remedy:
      'Start both with the same signing key and the same --rekor_server.hostname, then rotate again. To change the key with a rotation, set logs.NAME.nextSigner.',
  }),
  SIGNERS_DIFFER: (found: Words<'variable' | 'one' | 'other'>): Text => ({
    message: `The variable ${found.variable} is not the same in ${found.one} and ${found.other}.`,
    remedy:
      'A rotation gives both slots the same signer, so that either can start after a reboot: set it alike in both files. To change the key, set logs.NAME.nextSigner instead.',
  }),
  SIGNER_UNUSABLE: (found: Words<'where' | 'reason' | 'allowed'>): Text => ({
    message: `${found.where} cannot be used as the signer of a shard: ${found.reason}; allowed is ${found.allowed}.`,
    remedy: 'Mend it, then rotate again. No shard and no file has been changed.',
  }),
  SECRET_EXPOSED: (found: Words<'path' | 'what'>): Text => ({
    message: `Everybody on the host may read ${found.path}, into which this rotation would write ${found.what}.`,
    remedy: `Let only the user and the group of Rekor read it, for example by \`chmod o-r ${found.path}\`; a rotation keeps the mode.`,
  }),
  SHARD_KEY_DIFFERS: (
    found: Words<'release' | 'url' | 'tree' | 'served' | 'expected' | 'because'>,
  ): Text => ({
    message: `Rekor in ${found.release} at ${found.url} signs tree ${found.tree} with the key ${found.served} (SHA-256 of its DER), not with ${found.expected}, ${found.because}.`,
    remedy:
      'No client has seen that. Let nextSigner, its publicKey and the signers in the sharding list name the right keys, then rotate again.',
  }),
  SIGNER_WITHOUT_EFFECT: (found: Words<'release' | 'tree' | 'served'>): Text => ({
    message: `Rekor in ${found.release} still signs tree ${found.tree} with the key of the current tree, ${found.served}, though nextSigner gives it another signer.`,
    remedy:
      'Start Rekor with --rekor_server.signer and its other flags from the variables under installation.signerVariables. If it is the same key by another way, give it as nextSigner.publicKey.',
  }),
  SIGNER_NOT_LASTING: (found: Words<'release' | 'tree' | 'first' | 'then'>): Text => ({
    message: `Rekor in ${found.release} signed tree ${found.tree} with the key ${found.first}, and with ${found.then} when it was started again.`,
    remedy:
      'A key that is made anew at each start, such as that of the signer "memory", verifies nothing later. No client has seen it. Let nextSigner name a key that lasts.',
  }),
  NEW_KEY_NOT_CHECKED: (found: Words<'log' | 'what'>): Text => ({
    message: `The next tree of ${found.log} will be signed with ${found.what}. Nothing here can tell whether clients trust that key yet: ones that do not refuse every new entry.`,
    remedy: `Publish it in the trusted root first, and keep the former key there. With logs.${found.log}.nextSigner.publicKey the plan has the entry; with trustedRootUrl it is looked up.`,
  }),
  TRUSTED_ROOT_UNREADABLE: (found: Words<'url' | 'field' | 'reason'>): Text => ({
    message: `The trusted root at ${found.url} (${found.field}) cannot be read: ${found.reason}.`,
    remedy:
      'Let the field name where clients get it, in JSON; or leave the field out, and check it yourself.',
  }),
  TRUSTED_ROOT_LACKS_KEY: (found: Words<'url' | 'field' | 'logId' | 'reason'>): Text => ({
    message: `The trusted root at ${found.url} (${found.field}) does not let clients trust the key ${found.logId}: ${found.reason}.`,
    remedy:
      'Publish it with this key beside the former one, and wait until clients have it; then rotate. The plan has the entry.',
  }),
  GATE_UNREACHABLE: (found: { log: string; url: string; reason: string }): Text => ({
    message: `The write gate of ${found.log} at ${found.url} does not answer: ${found.reason}.`,
    remedy: 'Check logs.NAME.gate.admin and that `rekor-rotate gate` runs for this log.',
  }),
  GATE_TOKEN_REFUSED: (found: { log: string; url: string }): Text => ({
    message: `The write gate of ${found.log} at ${found.url} refuses the token of the configuration.`,
    remedy:
      'Let logs.NAME.gate.token name the file or variable with the token that the gate was started with.',
  }),
  SENT_ELSEWHERE: (found: { log: string; instances: readonly string[]; known: readonly string[] }): Text => ({
    message: `Clients of ${found.log} are sent to ${found.instances.join(', ')}, which are not the instances of one release of its configuration (${found.known.join(', ')}).`,
    remedy: 'Make the addresses under logs.NAME.installation those that the write gate sends to.',
  }),
  GATE_IS_HOLDING: (found: { log: string; number: number }): Text => ({
    message: `The write gate of ${found.log} holds writes for order ${found.number}: another rotation is in its critical section.`,
    remedy: 'Wait until it has ended; the gate lets writes go by itself when its lease ends.',
  }),
  WRITES_WILL_FAIL: (found: { log: string; which: string }): Text => ({
    message: `Nothing holds the writes of ${found.log} in a rotation. ${found.which}`,
    remedy: 'Put a write gate before Rekor, as docs/gate.md says; or rotate when few entries come.',
  }),
  QUANTILE_UNKNOWN: (found: { log: string; reason: string }): Text => ({
    message: `What few writes are for ${found.log} cannot be known from its past, because ${found.reason}.`,
    remedy:
      'Give lull.writesPerMinute in place of lull.quantile; `rekor-rotate quiet-hours NAME` shows what the log says of its hours.',
  }),
  GATE_STATE_UNREADABLE: (found: { file: string; reason: string }): Text => ({
    message: `The write gate cannot use its state file ${found.file}: ${found.reason}.`,
    remedy:
      'Restore it from a backup; or move it away and start the gate with --first-instance naming the Rekor that serves now.',
  }),
  GATE_INSTANCES_MISSING: (found: { file: string; given?: string | undefined }): Text => ({
    message:
      found.given === undefined
        ? `The write gate does not know which Rekor to send to: there is no state file ${found.file} yet.`
        : `The write gate cannot send to "${withoutCredentials(found.given)}", and there is no state file ${found.file} yet.`,
    remedy:
      'Start it once with --first-instance http://HOST:PORT, the Rekor that serves now; afterwards it remembers.',
  }),
  NUMBER_TOO_LARGE: (found: { log: string; where: string; largest: number }): Text => ({
    message: `${found.where} of ${found.log} has a number that no rotation gave it: none counts beyond ${found.largest}.`,
    remedy:
      'Somebody wrote it by hand, and no order could follow it. docs/operating.md says how it is put right: "A number that is too large".',
  }),
  GATE_ADDRESS_UNUSABLE: (found: { field: string; address: string; reason: string }): Text => ({
    message: `The write gate cannot listen on ${found.address} (logs.NAME.gate.${found.field}): ${found.reason}.`,
    remedy:
      'If the gate of this log runs already, leave it at that: a log has one gate. Otherwise end what listens there, or change the field.',
  }),
  TREE_UNKNOWN: (found: { log: string; tree: string }): Text => ({
    message: `Trillian does not know tree ${found.tree} that the configuration of ${found.log} names, or has deleted it.`,
    remedy:
      'Check that trillian.address is the server this log uses; a deleted tree can be undeleted for seven days.',
  }),
  TREE_UNINITIALISED: (found: { log: string; tree: string }): Text => ({
    message: `Tree ${found.tree} of ${found.log} was never initialised: it has no root, and nothing can be in it.`,
    remedy: 'Rekor cannot serve it. Let the configuration name the trees that the log has.',
  }),
  NOT_THE_ACTIVE_TREE: (found: { log: string; asked: string; active: string }): Text => ({
    message: `Tree ${found.asked} was asked to be rotated, but the active tree of ${found.log} is ${found.active}.`,
    remedy: 'Ask for the active tree, or leave currentTree out.',
  }),
  CURRENT_TREE_NOT_ACTIVE: (found: { log: string; tree: string; state: string }): Text => ({
    message: `The current tree of ${found.log}, ${found.tree}, is ${found.state}; only an ACTIVE tree can be rotated.`,
    remedy:
      'Find out who left it so. `rekor-rotate recover NAME` opens it if a rotation did; else set it ACTIVE and try again.',
  }),
  CURRENT_TREE_NOT_A_LOG: (found: { log: string; tree: string; type: string }): Text => ({
    message: `The current tree of ${found.log}, ${found.tree}, is of type ${found.type}; Rekor needs a tree of type LOG.`,
    remedy: 'Check that the configured tree is the one that Rekor writes to.',
  }),
  INACTIVE_TREE_ACTIVE: (found: { log: string; tree: string }): Text => ({
    message: `Tree ${found.tree} is an inactive shard of ${found.log}, but Trillian has it ACTIVE: it could still grow and shift every later index.`,
    remedy:
      'Freeze it (updatetree --tree_state=FROZEN), check that no instance writes to it, then restart Rekor.',
  }),
  SHARDING_FILE_INVALID: (found: { path: string; reason: string }): Text => ({
    message: `The sharding file ${found.path} cannot be used: ${found.reason}.`,
    remedy:
      'It must be a YAML list of shards, each with an unquoted treeID of digits; nothing has been changed.',
  }),
  SHARDING_FILE_LISTS_TWICE: (found: { path: string; tree: string }): Text => ({
    message: `The sharding file ${found.path} lists tree ${found.tree} twice; Rekor would count its entries twice.`,
    remedy: 'Remove the second one, after checking which indexes the running Rekor serves.',
  }),
  SHARDING_FILE_LISTS_ACTIVE: (found: { path: string; tree: string }): Text => ({
    message: `The sharding file ${found.path} lists tree ${found.tree}, which is the active tree; its entries would have two indexes.`,
    remedy: 'Remove it from the file, after checking which indexes the running Rekor serves.',
  }),
  ENVIRONMENT_FILE_INVALID: (found: { path: string; variable: string; reason: string }): Text => ({
    message: `The environment file ${found.path} cannot be used: ${found.variable} ${found.reason}.`,
    remedy: 'It must set that variable once, to what is allowed there; nothing has been changed.',
  }),
  FILE_UNREADABLE: (found: { path: string; reason: string }): Text => ({
    message: `The file ${found.path} cannot be read or written: ${found.reason}.`,
    remedy: 'Check the path in the configuration and the rights of the user that the worker runs as.',
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
        ? 'writes in flight need one, the handover leaf another.'
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
  INSTANCE_DIFFERS: (found: { log: string; instance: string; differences: readonly string[] }): Text => ({
    message: `Rekor ${found.instance} of ${found.log} does not serve what the configuration and Trillian say: ${found.differences.join('; ')}.`,
    remedy:
      'An index may have been given twice already: find out before anything else, and restart that Rekor only then.',
  }),
  GATE_STOPS_WRITES: (found: { log: string; instance: string; reason: string }): Text => ({
    message: `The write gate of ${found.log} sends no write to Rekor at ${found.instance}: ${found.reason}.`,
    remedy:
      'Its clients get 503. Restart that Rekor with the right list while Trillian answers; writes then go on by themselves. Where the list was changed on purpose, see "Only to a Rekor that is proven" in docs/gate.md.',
  }),
  GATE_KNOWS_OTHER_SHARDS: (found: Words<'log' | 'release' | 'known' | 'configured'>): Text => ({
    message: `The write gate of ${found.log} sends writes only to a Rekor that has loaded ${found.known}, but the configuration of ${found.release} and Trillian say ${found.configured}.`,
    remedy:
      'Find out who changed the list, and put it right before a Rekor starts with it. If the change is right, tell the gate as docs/gate.md says under "Only to a Rekor that is proven".',
  }),
  NEXT_IS_RUNNING: (found: { log: string; next: string }): Text => ({
    message: `A rotation of ${found.log} would use ${found.next}, which is running already.`,
    remedy: 'Stop it if nothing uses it. It may be left over from a rotation that was interrupted.',
  }),
  PLAN_CHANGED: (found: { log: string; asked: string; now: string }): Text => ({
    message: `The plan of ${found.log} is not the one that was shown: it was ${found.asked.slice(0, 12)}, it is ${found.now.slice(0, 12)}.`,
    remedy: 'Somebody changed trees, or how the log is run, meanwhile. Look at the plan again.',
  }),
  PLAN_FILE_INVALID: (found: { field: string; value: string; allowed: string }): Text => ({
    message: `The plan file's ${found.field} is ${found.value}; allowed is ${found.allowed}.`,
    remedy:
      'Mend it in the file; a setting under edit may be taken out, and is as planned then. Or write the plan anew with `rekor-rotate plan NAME --out FILE`.',
  }),
  PLAN_FILE_TOO_LONG: (found: { bytes: number; most: number }): Text => ({
    message: `The plan file has ${found.bytes} bytes as JSON; allowed are ${found.most}, since each step of its history keeps it.`,
    remedy: 'Rotate without a plan file, with `rekor-rotate rotate`, which asks after showing the plan.',
  }),
  PLAN_FILE_EDITED_OUTSIDE: (found: { log: string; differences: readonly string[] }): Text => ({
    message: `The plan file of ${found.log} was edited where it may not be: ${found.differences.join('; ')}.`,
    remedy: `Only what stands under edit may be changed. Put the rest back, or write the plan anew with \`rekor-rotate plan ${found.log} --out FILE\`.`,
  }),
  PLAN_FILE_OUTDATED: (found: { log: string; differences: readonly string[] }): Text => ({
    message: `The log ${found.log} has moved on since the plan file was written: ${found.differences.join('; ')}.`,
    remedy: `Look at what has changed, write the plan anew with \`rekor-rotate plan ${found.log} --out FILE\`, and edit that.`,
  }),
  ROTATION_IN_PROGRESS: (found: { log: string; rotation: string; startedBy: string }): Text => ({
    message: `The log ${found.log} is being rotated already, by rotation ${found.rotation}, started as workflow "${found.startedBy}".`,
    remedy:
      'Wait for it, or cancel it with `rekor-rotate cancel`. When `rekor-rotate status` says that it is held, answer with `rekor-rotate resume`.',
  }),
  LOCK_LOST: (found: { log: string }): Text => ({
    message: `Another rotation or recovery of ${found.log} was started a moment earlier, and has ended already.`,
    remedy: 'Look with `rekor-rotate status` at how it ended, and start again if that is still wanted.',
  }),
  DATABASE_NOT_CONFIGURED: (found: { log: string }): Text => ({
    message: `The size of the database of ${found.log} cannot be read: logs.${found.log}.trillian.database is not configured.`,
    remedy: 'Configure how it is read, or let due name entries or ageDays instead of databaseBytes.',
  }),
  NOT_DUE: (found: { log: string; found: string }): Text => ({
    message: `A rotation of ${found.log} is not due. ${found.found}`,
    remedy: 'No action is needed: its schedule looks again in the next window.',
  }),
  NO_WINDOW_OPEN: (found: { log: string; now: string; last: string | null; next: string | null }): Text => ({
    message: [
      `No window of ${found.log} is open at ${found.now}, and none opens soon.`,
      found.last === null ? '' : ` The last one was ${found.last}.`,
      found.next === null ? ' None opens within a year.' : ` The next one is ${found.next}.`,
    ].join(''),
    remedy:
      'If this run was due in the last one, Temporal or the worker was away then: rotate by hand, or leave it to the next. If its schedule fires at such times by itself, let it fire when a window opens.',
  }),
  ROTATED_IN_WINDOW: (found: { log: string; since: string; window: string }): Text => ({
    message: `The active shard of ${found.log} has its first entry since ${found.since}, in the window ${found.window}: it is of this window already.`,
    remedy: 'No action is needed: a window sees one rotation, whoever starts it.',
  }),
  SCHEDULED_ALREADY: (found: { log: string; workflowId: string }): Text => ({
    message: `Another scheduled rotation of ${found.log} waits or runs, as workflow ${found.workflowId}.`,
    remedy:
      'No action is needed: it does what this one would have done. If two schedules name this log, delete one of them.',
  }),
  ROTATION_PAUSED: (found: { log: string } & Pause): Text => ({
    message: `The workflow ${found.workflowId} of ${found.log} is paused in Temporal${found.since === null ? '' : ` since ${found.since}`}${found.by === '' ? '' : ` by ${found.by}`}${found.reason === '' ? '' : `: ${found.reason.replace(/\.+$/, '')}`}.`,
    remedy: `Nothing goes on in it until somebody unpauses it: \`temporal workflow unpause --workflow-id ${found.workflowId}\`, or Unpause in the Temporal UI.`,
  }),
  LEFTOVERS: (found: { log: string; leftovers: readonly string[] }): Text => ({
    message: `A rotation of ${found.log} was not carried to its end, and left behind: ${found.leftovers.join('; ')}.`,
    remedy: `Look with \`rekor-rotate recover ${found.log} --dry-run\`, then let \`rekor-rotate recover ${found.log}\` end it.`,
  }),
  INTERRUPTED: (found: { log: string; leftovers: readonly string[] }): Text => ({
    message: `A rotation of ${found.log} was not carried to its end, and had left behind: ${found.leftovers.join('; ')}.`,
    remedy: 'This recovery has ended it. Find out what interrupted it before you rotate again.',
  }),
  LEFT_BY_SOMEONE: (found: { log: string; leftovers: readonly string[] }): Text => ({
    message: `What is left over in ${found.log} belongs to no rotation that could be ended: ${found.leftovers.join('; ')}.`,
    remedy:
      'Somebody changed trees, or how the log is run, by hand. Put them in order by hand; nothing was changed here.',
  }),
  APPROVAL_INVALID: (found: { log: string; problems: readonly string[] }): Text => ({
    message: `The approval of the rotation of ${found.log} was not taken: ${found.problems.join(' ')}`,
    remedy: approveAgain(found.log),
  }),
  APPROVAL_OF_ANOTHER_LOG: (found: { log: string; found: string }): Text => ({
    message: `This approves a rotation of the log ${found.found}, but the log here is ${found.log}.`,
    remedy: approveAgain(found.log),
  }),
  APPROVAL_OF_ANOTHER_ROTATION: (found: { log: string; found: string; asked: string }): Text => ({
    message: `This approves the rotation ${found.found} of ${found.log}, but the rotation here is ${found.asked}.`,
    remedy: approveAgain(found.log),
  }),
  APPROVAL_OF_ANOTHER_PLAN: (found: { log: string; found: string; asked: string }): Text => ({
    message: `This approves the plan ${found.found.slice(0, 12)} of ${found.log}, but the plan here is ${found.asked.slice(0, 12)}.`,
    remedy: `Look at the plan as it is now. ${approveAgain(found.log)}`,
  }),
  APPROVAL_EXPIRED: (found: { log: string; expiresAt: string; now: string }): Text => ({
    message: `This approval for ${found.log} expired at ${found.expiresAt}, and it is ${found.now} now.`,
    remedy: `If the rotation still waits, approve it anew. Otherwise start it again. ${approveAgain(found.log)}`,
  }),
  APPROVAL_LASTS_TOO_LONG: (found: { log: string; expiresAt: string; most: string }): Text => ({
    message: `This approval for ${found.log} would last until ${found.expiresAt}, but approvals are asked for until ${found.most}.`,
    remedy: approveAgain(found.log),
  }),
  APPROVAL_UNSIGNED: (found: { log: string }): Text => ({
    message: `The approval has no signature, but logs.${found.log}.approvals names the keys of those who may approve.`,
    remedy: approveAgain(found.log),
  }),
  APPROVAL_SIGNATURE_UNREADABLE: (found: { log: string; fault: string }): Text => ({
    message: `The signature of the approval for ${found.log} cannot be read: ${found.fault}.`,
    remedy: `Paste all that ssh-keygen wrote, from BEGIN to END; its line ends may be left out. ${approveAgain(found.log)}`,
  }),
  APPROVAL_OF_ANOTHER_NAMESPACE: (found: { log: string; found: string; expected: string }): Text => ({
    message: `The signature of the approval for ${found.log} was made in the namespace "${found.found}", but approvals are signed in "${found.expected}".`,
    remedy: `Give ssh-keygen -Y sign the option -n ${found.expected}. ${approveAgain(found.log)}`,
  }),
  APPROVAL_SIGNATURE_WRONG: (found: { log: string; who: string; problem: string }): Text => ({
    message: `The signature with the key of ${found.who} does not approve this for ${found.log}: ${found.problem}.`,
    remedy: `Sign exactly the line that is asked for, with one line end after it. ${approveAgain(found.log)}`,
  }),
  APPROVER_UNKNOWN: (found: { log: string; key: string }): Text => ({
    message: `The key ${found.key} may not approve a rotation of ${found.log}: logs.${found.log}.approvals does not name it.`,
    remedy:
      'Sign with a key that it names; `ssh-add -l` and `ssh-keygen -l -f FILE` show yours. Or add this one under its owner, and restart the worker.',
  }),
  SSH_PROGRAM_MISSING: (found: { program: string; reason: string }): Text => ({
    message: `OpenSSH's ${found.program} cannot be run: ${found.reason}.`,
    remedy:
      'Install it: openssh-client on Debian and Ubuntu, openssh-clients on Fedora and RHEL, openssh on Alpine and Arch. It must be on the PATH, and 8.2 or newer.',
  }),
  SSH_SIGNING_FAILED: (found: { keyFile: string; reason: string }): Text => ({
    message: `ssh-keygen has not signed with ${found.keyFile}: ${found.reason}.`,
    remedy:
      'Name a key with --key FILE.pub that an agent holds (`ssh-add -L` lists them), or whose private key is beside it. A passphrase is asked for at a terminal only.',
  }),
  NO_KEY_TO_APPROVE_WITH: (found: { log: string; found: string }): Text => ({
    message: `There is no key to approve a rotation of ${found.log} with: ${found.found}.`,
    remedy: `Add one that logs.${found.log}.approvals names to the agent (\`ssh-add FILE\`), or name its file with --key FILE.pub.`,
  }),
  NOT_OURS: (found: { rotation: string; number: number; later: number }): Text => ({
    message: `Attempt ${found.rotation} with number ${found.number} no longer owns the log: number ${found.later} came after it.`,
    remedy:
      'No action is needed: a later rotation or recovery owns the log, and this one changes nothing more.',
  }),
  ALREADY_ROTATED: (found: { log: string; tree: string }): Text => ({
    message: `Tree ${found.tree}, which this attempt made, serves ${found.log} already.`,
    remedy: 'No action is needed: an earlier run of this rotation got there, and nothing was changed.',
  }),
  ATTEMPT_REPEATED: (found: { rotation: string; found: string }): Text => ({
    message: `The critical section of attempt ${found.rotation} was begun before: ${found.found}.`,
    remedy: 'No action is needed: it was reset, and is ended by what Trillian says of its trees.',
  }),
  EARLIER_RUN_MAY_ACT: (found: { rotation: string }): Text => ({
    message: `The workflow of rotation ${found.rotation} was reset, and a step that it had begun before may still act.`,
    remedy: 'No action is needed: it waits until that is over.',
  }),
  CURRENT_TREE_GREW: (found: { tree: string; handedOver: string; now: string }): Text => ({
    message: `Tree ${found.tree} has grown after its end was handed over: it was ${found.handedOver}, it is ${found.now}.`,
    remedy:
      'Restart no Rekor of this log: one that starts now would shift every later index. See docs/failures.md, "A tree that grew".',
  }),
  FORWARD_FAILED: (found: { tree: string; reason: string }): Text => ({
    message: `Tree ${found.tree} holds entries of clients, and its Rekor cannot serve them: ${found.reason}.`,
    remedy: 'Mend what keeps that Rekor from serving, then `rekor-rotate resume NAME --retry`.',
  }),
  NOT_APPROVED: (found: { log: string; missing: number; expiresAt: string }): Text => ({
    message: `The rotation of ${found.log} was not approved by ${found.expiresAt}: ${counted(found.missing, 'approval')} of its plan ${found.missing === 1 ? 'was' : 'were'} missing.`,
    remedy: 'Nothing was changed. Start it again, and have it approved in time.',
  }),
  REJECTED: (found: { log: string; who: string; why: string }): Text => ({
    message: `${found.who} rejected the rotation of ${found.log}: ${found.why}.`,
    remedy: 'Nothing was changed.',
  }),
  APPROVED_BEFORE: (found: { log: string; who: string }): Text => ({
    message: `${found.who} has approved this rotation of ${found.log} already: nobody counts twice.`,
    remedy: 'Another person has to approve it.',
  }),
  NO_LULL: (found: { log: string; until: string; saw: string }): Text => ({
    message: `No lull of ${found.log} came by ${found.until}. ${found.saw}`,
    remedy:
      'Nothing was changed. The next time may be quieter; `rekor-rotate quiet-hours` says when to expect it.',
  }),
  TIME_OVER: (found: { log: string; notAfter: string; now: string }): Text => ({
    message: `The rotation of ${found.log} was not to begin after ${found.notAfter}, and it is ${found.now}: a worker or Temporal was away.`,
    remedy: 'Nothing was changed. Start it again, or let its schedule do so.',
  }),
  TOO_LATE_TO_HOLD: (found: { log: string; holdBy: string; now: string }): Text => ({
    message: `No write of ${found.log} was to wait after ${found.holdBy}, an hour after the end of its time, and it is ${found.now}.`,
    remedy: 'What was prepared is taken back. Start it again, or let its schedule do so.',
  }),
  INSTRUCTION_REFUSED: (found: { update: string; problems: readonly string[] }): Text => ({
    message: `${found.update} was not taken: ${found.problems.join(' ')}`,
    remedy:
      'Nothing has happened. `rekor-rotate status` and the details of the rotation say what it takes now, if anything.',
  }),
  GIVEN_UP: (found: { step: string; who: string; why: string }): Text => ({
    message: `${found.who} gave up the step ${found.step}: ${found.why}.`,
    remedy:
      'The result lists what is left and the commands that finish it. The guardian of the log recovers it in its next look, unless `guard.recover` is false; `rekor-rotate recover` does so at once.',
  }),
  NOT_AS_BEFORE: (found: { log: string; differences: readonly string[] }): Text => ({
    message: `The rotation of ${found.log} was taken back, but this is not as it was: ${found.differences.join('; ')}.`,
    remedy: 'It is taken back once more. If it repeats, somebody else changes the log: find out who.',
  }),
  ROTATION_STUCK: (found: {
    log: string;
    rotation: string;
    workflowId: string;
    taskAttempts: number;
    quietForMs: number;
  }): Text => ({
    message: `The rotation ${found.rotation} of ${found.log} makes no progress: nothing for ${Math.round(found.quietForMs / 1000)} s, and its next workflow task was tried ${found.taskAttempts} times.`,
    remedy: `If it is held, it waits for a person. Else look at the worker's log. If its version cannot go on with it, start the version that began it; or terminate the workflow ${found.workflowId}, and the guardian ends the rotation.`,
  }),
  GUARDIAN_SILENT: (found: {
    log: string;
    schedule: 'runs' | 'paused' | 'missing';
    note: string;
    silentForMs: number | null;
    everyMs: number;
  }): Text => {
    const id = `guard-${found.log}`;
    const last =
      found.silentForMs === null
        ? 'no look is known to have ended'
        : `the last look ended ${Math.round(found.silentForMs / 1000)} s ago`;
    const why = {
      runs: `although one is due every ${Math.round(found.everyMs / 1000)} s`,
      paused: `and its schedule ${id} is paused${found.note === '' ? '' : ` (${found.note})`}`,
      missing: `and there is no schedule ${id}`,
    }[found.schedule];
    const what = {
      runs: `See that a worker runs and reaches Temporal. If one does, the schedule has stopped: delete it (\`temporal schedule delete --schedule-id ${id}\`), and the worker makes it again within a minute.`,
      paused: `Unpause it when that is over: \`temporal schedule toggle --unpause --schedule-id ${id}\`.`,
      missing: 'Start a worker: it makes the schedule. If one runs, its log says why it could not.',
    }[found.schedule];
    return { message: `Nobody guards ${found.log}: ${last}, ${why}.`, remedy: what };
  },
  LIST_DRIFTED: (found: Words<'log' | 'where' | 'tree' | 'expected' | 'found'>): Text => ({
    message: `${found.where} of ${found.log} does not list what its shards say: before tree ${found.tree} comes ${found.expected}, but it has ${found.found}.`,
    remedy:
      'Let no Rekor start with this list: it would number entries wrongly, signed. Put back the list that the last rotation wrote, then restart that Rekor.',
  }),
  TREE_NOT_LISTED: (found: { log: string; tree: string }): Text => ({
    message: `Tree ${found.tree} holds entries of clients of ${found.log}, and nothing that serves names it.`,
    remedy: 'Those entries are not found. Put back the list that names it; find out who took it away.',
  }),
  SERVING_TREE_CLOSED: (found: { log: string; tree: string; state: string }): Text => ({
    message: `Tree ${found.tree}, which serves ${found.log}, is ${found.state}, and no rotation runs that closed it.`,
    remedy: 'Writes are refused. Find out who closed it; set it ACTIVE when that is right.',
  }),
  NOT_PRUNABLE: (found: { tree: string; reason: string }): Text => ({
    message: `Tree ${found.tree} is not deleted: ${found.reason}.`,
    remedy: 'Only a tree that a rotation made and retired, and that nothing names, can be deleted here.',
  }),
  COMMAND_FAILED: (found: { purpose: string; command: string; reason: string }): Text => ({
    message: `The command to ${found.purpose} failed: ${found.command}: ${found.reason}.`,
    remedy: 'Run the command by hand as the user of the worker and mend what it says.',
  }),
  RELEASE_DOES_NOT_START: (found: { release: string; url: string; reason: string }): Text => ({
    message: `Rekor in ${found.release} was started but does not serve at ${found.url}: ${found.reason}.`,
    remedy: 'Look at the log of that Rekor; what its configuration was is put back.',
  }),
  RELEASE_UNKNOWN: (found: { log: string; release: string; known: readonly string[] }): Text => ({
    message: `The rotation of ${found.log} uses ${found.release}, which its configuration no longer has (${found.known.join(', ')}).`,
    remedy:
      'Give it its name back under logs.NAME.installation and restart the worker: the rotation then goes on.',
  }),
  FILE_USED_TWICE: (found: { log: string; path: string }): Text => ({
    message: `The installation of ${found.log} uses the file ${found.path} for two things.`,
    remedy:
      'Let each path under logs.NAME.installation name a file of its own: what prepares the next Rekor must not change the one that serves.',
  }),
  CHANGED_BY_SOMEONE: (found: { what: string; expected: string; now: string }): Text => ({
    message: `${found.what} was changed by someone else: expected ${found.expected}, found ${found.now}.`,
    remedy: 'It is left as it was found. Find out who changed it; then start the rotation again.',
  }),
  NEXT_TREE_NOT_EMPTY: (found: { tree: string; size: number }): Text => ({
    message: `The next tree ${found.tree} carries this attempt's mark but already holds ${entries(found.size)}.`,
    remedy: 'Somebody writes to it. Find the writer; the tree is left as it is.',
  }),
  NEXT_TREE_HAS_ENTRIES: (found: { tree: string }): Text => ({
    message: `The next tree ${found.tree} holds public entries: the log cannot go on without it, or would lose them.`,
    remedy:
      'No action is needed while the rotation goes forward. Otherwise somebody has opened it: recover the log.',
  }),
  TWO_ACTIVE_TREES: (found: { tree: string; other: string }): Text => ({
    message: `Tree ${found.tree} may not become ACTIVE while ${found.other} is.`,
    remedy:
      'Somebody changed the state of a tree. Find out who, and freeze the one that must not take writes.',
  }),
  NOT_DRAINED: (found: { tree: string; waitedMs: number; left: string }): Text => ({
    message: `Tree ${found.tree} could not be proven drained within ${found.waitedMs} ms: ${found.left}.`,
    remedy:
      'The rotation takes itself back and tries again. If it repeats, look at the signer, at long-running writes, and at writes to other logs of this Trillian.',
  }),
  WRITES_IN_FLIGHT: (found: { waitedMs: number; inFlight: number }): Text => ({
    message: `${counted(found.inFlight, 'write')} ${found.inFlight === 1 ? 'was' : 'were'} still in flight after ${found.waitedMs} ms.`,
    remedy:
      'The rotation takes itself back and tries again. If it repeats, look at the signer and the database.',
  }),
  BUDGET_EXCEEDED: (found: { step: string; budgetMs: number }): Text => ({
    message: `${found.budgetMs} ms were not enough: the time was over in the step ${found.step}.`,
    remedy:
      'Writes go on to the Rekor that serves now; then the rotation tries again. If it repeats, the times of the steps show which one is slow.',
  }),
  VERIFICATION_FAILED: (found: { what: string; reason: string }): Text => ({
    message: `${found.what} could not be verified: ${found.reason}.`,
    remedy: 'Do not retry before it is understood: compare with another instance and with Trillian.',
  }),
  CLOCKS_APART: (found: Words<'tree' | 'last' | 'next' | 'first'> & { clockDifferenceMs: number }): Text => ({
    message: `By the clocks of their signers the last entry of tree ${found.tree} (${found.last}) is younger than the first of tree ${found.next} (${found.first}), by more than clockDifference says (${found.clockDifferenceMs} ms).`,
    remedy:
      "Set the signers' clocks right, slowly: one that is set back signs nothing until it is past its last root. Or let logs.NAME.trillian.clockDifference say how far they are apart. Everybody could read it as two trees that took writes at once; nobody was sent there.",
  }),
  LOOKED_TOO_LONG: (found: { limitMs: number }): Text => ({
    message: `This could not be looked at within ${Math.round(found.limitMs / 1000)} s, in which everything was to be.`,
    remedy: 'Look again. If it repeats, something that this check asks answers slowly, or not at all.',
  }),
  NO_WORKER: (found: Words<'taskQueue' | 'namespace' | 'address'>): Text => ({
    message: `No worker polls the task queue ${found.taskQueue} in the namespace "${found.namespace}" of Temporal at ${found.address}.`,
    remedy:
      'Start one with `rekor-rotate worker`, on the host of the slots: without one a rotation waits and does nothing.',
  }),
  SEARCH_ATTRIBUTES_MISSING: (found: {
    namespace: string;
    missing: readonly string[];
    command: string;
  }): Text => ({
    message: `The namespace "${found.namespace}" of Temporal does not have, as Keyword: ${found.missing.join(', ')}.`,
    remedy: `A worker makes them where it may; by hand: \`${found.command}\`. One of another type must be removed first. Without them lists of workflows show no logs and phases.`,
  }),
  SCHEDULE_DANGEROUS: (found: Words<'schedule' | 'danger'>): Text => ({
    message: `The schedule ${found.schedule} is set dangerously. ${found.danger}`,
    remedy: `Set it otherwise in Temporal. Or delete it, by \`rekor-rotate schedule delete\` or \`temporal schedule delete --schedule-id ${found.schedule}\`, and make one with \`rekor-rotate schedule create\`.`,
  }),
  CLOCKS_DIFFER: (found: { ahead: string; behind: string; byMs: number; mostMs: number }): Text => ({
    message: `The clock of ${found.ahead} is ahead of that of ${found.behind}, by at least ${found.byMs} ms.`,
    remedy: `More than ${found.mostMs} ms is too much. Let one source set the clocks of both hosts (\`chronyc tracking\`, \`timedatectl\`), slowly where a signer runs.`,
  }),
  CHECKPOINTS_DIFFER: (found: Words<'log' | 'instance' | 'url' | 'tree'>): Text => ({
    message: `Rekor ${found.instance} of ${found.log} at ${found.url} answers two requests with two checkpoints of the inactive tree ${found.tree}.`,
    remedy:
      'Nothing shows then which length it has loaded. Use Rekor 1.3.9 or newer, which signs that checkpoint once, when it starts. Where several processes answer at this address, give each an address of its own.',
  }),
  PUBLIC_ADDRESS_PAST_GATE: (found: Words<'log' | 'url' | 'field'>): Text => ({
    message: `What is written to ${found.url} (${found.field}) does not come through the write gate of ${found.log}: the gate has counted none of it.`,
    remedy: `Let the ingress of ${found.url} send every request to the address of logs.${found.log}.gate.listen, as docs/gate.md says. A rotation cannot hold what passes beside the gate.`,
  }),
  PUBLIC_WAY_UNKNOWN: (found: Words<'log' | 'url' | 'field' | 'reason'>): Text => ({
    message: `Whether what is written to ${found.url} (${found.field}) comes through the write gate of ${found.log} could not be told: ${found.reason}.`,
    remedy: `Let this machine read the page /metrics at logs.${found.log}.gate.admin, and look again while Rekor takes entries and few writes are refused. Until then look by hand: the ingress must send every request to gate.listen.`,
  }),
  PUBLIC_ADDRESS_ANSWERS_ITSELF: (found: Probed): Text => ({
    message: `An entry that is none, sent to ${found.url} (${found.field}), ${answerText(found)}; Rekor itself answers ${found.expected}.`,
    remedy:
      'Something before Rekor answers in its place, or keeps the request: look at the log of the ingress. It may keep entries of clients away, too.',
  }),
  LARGE_ENTRIES_STOPPED: (found: Probed & { readonly bytes: number }): Text => ({
    message: `An entry of ${found.bytes} bytes, sent to ${found.url} (${found.field}), ${answerText(found)}; Rekor itself answers ${found.expected}.`,
    remedy:
      "Let the ingress take bodies as large as Rekor's --max_request_body_size, 32 MiB unless told otherwise; in nginx that is `client_max_body_size 32m;`.",
  }),
  LARGE_HEADERS_STOPPED: (found: Probed & { readonly bytes: number }): Text => ({
    message: `A request with ${found.bytes} bytes of headers, sent to ${found.url} (${found.field}), ${answerText(found)}; Rekor itself answers ${found.expected}.`,
    remedy:
      'Let the ingress take headers of 16 KiB and more, as the gate does; in nginx that is `large_client_header_buffers 4 16k;`, in HAProxy `tune.bufsize 32768`.',
  }),
  QUEUE_NEAR_QUOTA: (
    found: Words<'log' | 'flag' | 'cleaning'> & { queued: number; limit: number; isSeen: boolean },
  ): Text => ({
    message:
      `In the database of ${found.log}, ${found.queued} leaves of all logs wait to be integrated, and Trillian's quota refuses more than ${found.limit}.` +
      (found.isSeen
        ? ''
        : ` Whether --${found.flag} sets another limit than Trillian's own could not be seen.`),
    remedy: `Look whether the signers run, and keep up with the writes of all logs. Leaves of trees that Trillian has deleted count for ever: \`${found.cleaning}\` removes them. Else raise --${found.flag} of every log server, and restart it.`,
  }),
  COMMAND_MISSING: (found: Words<'log' | 'slot' | 'verb' | 'program'>): Text => ({
    message: `The program of logs.${found.log}.installation.slots.${found.slot}.${found.verb} is not there, or this user may not run it: ${found.program}.`,
    remedy:
      'Install it, or let the field name a program on the PATH of the worker. Nothing runs these commands in a shell.',
  }),
  STATUS_MISLEADS: (found: {
    log: string;
    slot: string;
    command: string;
    runs: boolean;
    url: string;
  }): Text => ({
    message: found.runs
      ? `The status command of slot ${found.slot} says that it runs (it exits with 0), but no Rekor answers at ${found.url}: ${found.command}.`
      : `The status command of slot ${found.slot} says that it does not run, but a Rekor answers at ${found.url}: ${found.command}.`,
    remedy: `Let logs.${found.log}.installation.slots.${found.slot}.status exit with 0 when it runs and with 1, 2 or 3 when it does not, as \`systemctl is-active --quiet UNIT\` does. \`docker compose ps\` exits with 0 either way.`,
  }),
  START_LIMIT_TOO_LOW: (found: { unit: string; starts: number; limit: string }): Text => ({
    message: `systemd lets ${found.unit} start ${found.limit}, and the attempts of a rotation may start it ${found.starts} times in that time.`,
    remedy: `Give it \`StartLimitBurst=${found.starts}\` or more in its [Unit] section (\`systemctl edit ${found.unit}\`), or let rotation.pauseBetweenAttempts be longer.`,
  }),
  UNIT_NOT_LOADED: (found: Words<'unit' | 'slot' | 'state'>): Text => ({
    message: `systemd has not loaded the unit ${found.unit} that starts slot ${found.slot}: it is ${found.state}.`,
    remedy: `Write the unit, or mend it (\`systemctl status ${found.unit}\` says more), then \`systemctl daemon-reload\`.`,
  }),
  UNITS_DIFFER: (found: { one: string; other: string; flags: readonly string[] }): Text => ({
    message: `systemd does not start ${found.one} and ${found.other} alike. They differ in ${flagList(found.flags)}.`,
    remedy:
      'Start both slots with the same arguments but for the port, the tree and what bears the name of the slot: after a rotation, clients would miss what only one of them has.',
  }),
  SEARCH_INDEX_DIFFERS: (found: { serving: string; next: string; flags: readonly string[] }): Text => ({
    message: `${found.serving} and ${found.next}, which the rotation would start, are not given the same search index. They differ in ${flagList(found.flags)}.`,
    remedy:
      'Start both with the same flags for it. Where they are so already, the one that serves was started with others: restart it when that may be. Searches would miss entries after a rotation.',
  }),
  NEXT_DIFFERS: (found: { serving: string; next: string; flags: readonly string[] }): Text => ({
    message: `${found.next}, which the rotation would start, is not started as ${found.serving} was. They differ in ${flagList(found.flags)}.`,
    remedy:
      'Start both slots with the same arguments but for the port, the tree and what bears the name of the slot: after a rotation, clients would miss what only one of them has.',
  }),
  FILE_NOT_REPLACEABLE: (found: Words<'path' | 'reason'>): Text => ({
    message: `A rotation could not replace the file ${found.path}: ${found.reason}.`,
    remedy:
      'Run this, and the worker, as a user that may write in the folder of the file and owns it, or as root. The file that replaces it gets the same owner.',
  }),
  FILE_LOSES_ACCESS: (found: Words<'path' | 'what' | 'remedy'>): Text => ({
    message: `The file ${found.path} has ${found.what}, which it loses when a rotation replaces it.`,
    remedy: found.remedy,
  }),
  SHARDING_FILE_NOT_READ: (found: Words<'log' | 'instance' | 'read' | 'configured'>): Text => ({
    message: `Rekor ${found.instance} was started with --trillian_log_server.sharding_config=${found.read}, but logs.${found.log}.installation.slots.${found.instance}.shardingFile is ${found.configured}.`,
    remedy: 'Let both name the same file: a rotation writes one that this Rekor would never read.',
  }),
  SIGNER_IN_MEMORY: (found: Words<'instance'>): Text => ({
    message: `Rekor ${found.instance} was started with --rekor_server.signer=memory: its key ends with the process.`,
    remedy:
      'Give both slots one lasting key, in a file or a KMS: the next Rekor would sign with another one.',
  }),
  PROCESS_SETTINGS_UNKNOWN: (found: { instance: string; flags: readonly string[] }): Text => ({
    message: `Rekor ${found.instance} was started without ${found.flags.map((flag) => `--${flag}`).join(' and ')}: whether a configuration file or its environment sets ${found.flags.length === 1 ? 'it' : 'them'} could not be told.`,
    remedy:
      'Give both slots a sharding file and one lasting key by these flags. Unless Rekor is told otherwise it reads no sharding file, and has a key in memory that ends with the process.',
  }),
  ATTESTATIONS_IN_MEMORY: (found: Words<'instance'>): Text => ({
    message: `Rekor ${found.instance} keeps attestations in its memory (--attestation_storage_bucket=mem://): the next Rekor does not have them.`,
    remedy: 'Let both slots name one bucket, or one folder by file://.',
  }),
  HANDOVER_NOT_SEEN: (found: { tree: string; reason: string }): Text => ({
    message: `The handover leaf of tree ${found.tree} was not seen through the next Rekor: ${found.reason}.`,
    remedy: 'The rotation takes itself back and tries again with a new tree.',
  }),
  GATE_ORDER_REFUSED: (found: { number: number; has: number; mode: string }): Text => ({
    message: `The write gate refuses order ${found.number}: it follows order ${found.has} (${found.mode}).`,
    remedy: 'A later attempt or another rotation owns the gate; this one takes itself back.',
  }),
  CANCELLED: (found: { step: string }): Text => ({
    message: `The rotation was cancelled in the step ${found.step}.`,
    remedy: 'No action is needed: the log serves as before. Start it again when wanted.',
  }),
  NO_SIGN_OF_LIFE: (found: { step: string; timeout: string }): Text => ({
    message: `The worker that ran the step ${found.step} gave no sign of life in time (${found.timeout}).`,
    remedy:
      'What follows waits until no call of the step can land any more. Look whether the worker runs and reaches Temporal, and what else its host is busy with.',
  }),
  INTERNAL: (found: { step: string; reason: string }): Text => ({
    message: `The step ${found.step} failed: ${found.reason}.`,
    remedy: 'The log of the worker says what kind of error it was, and where.',
  }),
} as const;

/** How an approval that is taken comes about. */
function approveAgain(log: string): string {
  return `\`rekor-rotate approve ${log}\` signs and sends what is asked for now; the details of the rotation have the commands by hand.`;
}

function answerText(found: AnswerOrSilence): string {
  return 'status' in found ? `is answered ${found.status}` : `gets no answer (${found.silence})`;
}

function flagList(flags: readonly string[]): string {
  return flags.map((flag) => (flag === '' ? 'the program' : `--${flag}`)).join(', ');
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

export type RefusalCode = keyof typeof catalogue;

export const refusalCodes = Object.keys(catalogue) as readonly RefusalCode[];

/** Words one entry of the catalogue with what was found. */
export function refusal<Code extends RefusalCode>(
  code: Code,
  found: Parameters<(typeof catalogue)[Code]>[0],
): Refusal {
  const word = catalogue[code] as (facts: typeof found) => Text;
  return { code, ...word(found) };
}

const ofInput: ReadonlySet<RefusalCode> = new Set([
  'REQUEST_INVALID',
  'UNKNOWN_LOG',
  'PLAN_FILE_INVALID',
  'PLAN_FILE_TOO_LONG',
]);

/** What a person asked for cannot be meant, whatever the log's state is. */
export function isOfInput({ code }: Pick<Refusal, 'code'>): boolean {
  return ofInput.has(code);
}

/** The log belongs to a later rotation: another try cannot change that, and a person need not either. */
export function isDecisive({ code }: Pick<Refusal, 'code'>): boolean {
  return code === 'NOT_OURS';
}
