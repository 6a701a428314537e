import type { Text, Words } from './text';

/** What is wrong with how the log is run: slots, their files and what serves. */
export const installationRefusals = {
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
  NEW_KEY_UNUSUAL: (found: Words<'what' | 'kind'>): Text => ({
    message: `The next tree will be signed with ${found.what}, a key of the kind ${found.kind}. Not every client can verify that: cosign verifies no new entry, and with a P-384 or P-521 key in the trusted root no entry at all.`,
    remedy:
      'Do not publish this key. Make one of ECDSA on P-256 (PKIX_ECDSA_P256_SHA_256) instead, unless you know all clients of this log.',
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
  NEXT_IS_RUNNING: (found: { log: string; next: string }): Text => ({
    message: `A rotation of ${found.log} would use ${found.next}, which is running already.`,
    remedy: 'Stop it if nothing uses it. It may be left over from a rotation that was interrupted.',
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
} as const;
