import type { Text, Words } from './text';

/** What came back for a request: a status, or why nothing did. */
type AnswerOrSilence = { readonly status: number } | { readonly silence: string };

/** What a probe of an address came to, and the status that Rekor itself answers it with. */
type Probed = AnswerOrSilence & { readonly url: string; readonly field: string; readonly expected: number };

/** What only the doctor finds. */
export const doctorFindings = {
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
    remedy: `Let this machine read the page /metrics at logs.${found.log}.gate.admin (or gate.adminAddress, where that is set), and look again while Rekor takes entries and few writes are refused. Until then look by hand: the ingress must send every request to gate.listen.`,
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
} as const;

function answerText(found: AnswerOrSilence): string {
  return 'status' in found ? `is answered ${found.status}` : `gets no answer (${found.silence})`;
}

function flagList(flags: readonly string[]): string {
  return flags.map((flag) => (flag === '' ? 'the program' : `--${flag}`)).join(', ');
}
