import { z } from 'zod';
import { approvalsRequired } from '../workflows/model/approval';
import * as field from './fields';
import { section } from './fields';
import type { Kind } from './kind';
import { allKinds, type Kinds } from './kinds';
import { nextSigner } from './next-signer';

/**
 * Every key of the configuration, its default, and what follows from its value. Messages, the JSON Schema for
 * editors and `rekor-rotate config check` are made from this table.
 */

const temporal = section({
  address: field
    .address()
    .optional()
    .describe(
      "host:port of Temporal's frontend. TEMPORAL_ADDRESS, or a profile of Temporal's own configuration, wins.",
    ),
  namespace: field
    .text('the name of a namespace')
    .optional()
    .describe(
      'The namespace that holds the rotations; default "default". TEMPORAL_NAMESPACE, or a profile, wins.',
    ),
  taskQueue: field
    .text('the name of a task queue')
    .prefault('rekor-rotate')
    .describe('The task queue that workers poll. Workers that share it must have the same configuration.'),
});

const tls = section({
  caFile: field
    .file('a PEM file')
    .optional()
    .describe('Authorities that may sign for the server. Absent: those that Node.js brings along.'),
  certificateFile: field
    .file('a PEM file')
    .optional()
    .describe('Our certificate, where the server asks for one.'),
  keyFile: field.file('a PEM file').optional().describe('The private key of certificateFile.'),
  serverName: field
    .text('a host name')
    .optional()
    .describe("The name in the server's certificate, if it is not that of the address."),
});

/** Without its database, which has kinds. */
export const trillian = section({
  address: field.address().describe("host:port of Trillian's log server: its admin and its log interface."),
  tls: tls.optional().describe('Absent: plaintext.'),
  logServerMetrics: field
    .listOf(field.metricsUrl(), 'URL')
    .describe(
      'Metrics of every log server process. One that is left out may still take a write to a tree believed drained.',
    ),
  signerMetrics: field
    .listOf(field.metricsUrl(), 'URL')
    .describe('Metrics of every signer process: they show that the signer has passed over a drained tree.'),
  signerInterval: field
    .duration('1ms', '1m')
    .prefault('100ms')
    .describe("The signer's --sequencer_interval. The end of a tree is read twice, this far apart."),
  guardWindow: field
    .duration('0ms', '10m')
    .prefault('0ms')
    .describe(
      "The signer's --sequencer_guard_window. Without a database the drain waits this long with writes held.",
    ),
  clockDifference: field
    .duration('0ms', '1m')
    .prefault('0ms')
    .describe('How far the clocks of log servers and signers may be apart; added to guardWindow.'),
});

export const gate = section({
  listen: field.address().describe('host:port where the gate takes the requests of clients.'),
  admin: field
    .address()
    .describe('host:port where the gate takes orders from the worker. Keep it from the public.'),
  adminAddress: field
    .address()
    .optional()
    .describe(
      'host:port where workers and the doctor reach admin, if that is not where it listens. The gate takes no notice.',
    ),
  members: field
    .listOf(field.address(), 'host:port of a gate')
    .optional()
    .describe(
      'Where several gates serve this log side by side: host:port of the admin interface of each, this one included; the same list for all gates and workers. Absent: one gate.',
    ),
  insertedAt: field
    .objectName('a Service')
    .optional()
    .describe(
      'On Kubernetes: the Service by which clients reach Rekor. `rekor-rotate gate insert` leads it to the gate, and `gate remove` back. Absent: the gate stands there all the time.',
    ),
  service: field
    .objectName('a Service')
    .optional()
    .describe(
      'With insertedAt: the Service of the gate itself, in the namespace of Rekor. Its selector finds the pod of the gate.',
    ),
  token: field.secret().describe('Where the token stands that an order must carry.'),
  stateFile: field
    .file('a file')
    .describe(
      'Where the gate remembers the last order and instances, so that a restart of it changes nothing.',
    ),
  spoolDirectory: field
    .file('a directory')
    .describe('Where bodies over bodyInMemory wait. Needs room for the held writes.'),
  maxWait: field
    .duration('1s', '30s')
    .prefault('3.5s')
    .describe('The longest that a write is held; then it gets 503 with Retry-After, which counts as failed.'),
  maxWaiting: field
    .wholeNumber(1, 100_000)
    .prefault(2_000)
    .describe(
      'How many writes wait at a time. Those that wait keep their place; the next ones get 503 with Retry-After.',
    ),
  maxUploads: field
    .wholeNumber(1, 100_000)
    .prefault(6_000)
    .describe(
      'How many bodies of writes come in at a time, from slow clients for minutes; the next ones get 503 with Retry-After.',
    ),
  bodyInMemory: field
    .size('1KiB', '64MiB')
    .prefault('1MiB')
    .describe('Larger bodies wait in spoolDirectory instead of in memory.'),
  bodyMemory: field
    .size('16MiB', '64GiB')
    .prefault('64MiB')
    .describe(
      'For all bodies together that are in memory: half for those that stay there, half for what comes of others and is not spooled yet.',
    ),
  spoolSize: field
    .size('1MiB', '1024GiB')
    .prefault('1GiB')
    .describe('For all bodies together in spoolDirectory; beyond it a write gets 503 with Retry-After.'),
  bodyLimit: field
    .size('1KiB', '1GiB')
    .prefault('32MiB')
    .describe(
      "Larger bodies stream through and are never sent twice. Rekor's own limit is its --max_request_body_size.",
    ),
});

export const rotation = section({
  attempts: field
    .wholeNumber(1, 10)
    .prefault(3)
    .describe(
      'Attempts before a rotation ends rolledBack. Each that fails after its handover leaf leaves one more frozen tree.',
    ),
  pauseBetweenAttempts: field
    .duration('1s', '1h')
    .prefault('30s')
    .describe('How long writes go on undisturbed between two attempts.'),
  criticalSection: field
    .duration('500ms', '29s')
    .prefault('2.5s')
    .describe(
      'The most time from the hold to the exposure. What is not through by then is undone in the rest of maxWait.',
    ),
  soak: field
    .duration('0ms', '24h')
    .prefault('10m')
    .describe('How long lengths, tree states and errors are watched after the exposure, before the result.'),
  stopCurrentAfter: field
    .duration('0ms', '1h')
    .prefault('30s')
    .describe(
      'How long the slot that served before keeps running after its last write, for reads still under way.',
    ),
  sampleEntries: field
    .wholeNumber(0, 1000)
    .prefault(20)
    .describe('Random entries of each shard that are read and verified, besides its first and last.'),
  ifNextFails: field
    .oneOf(['supersede', 'hold'])
    .prefault('supersede')
    .describe(
      'Where the next tree took entries and cannot serve: supersede = a third tree serves after it; hold = a person decides.',
    ),
});

const guard = section({
  every: field
    .duration('10s', '5m')
    .prefault('1m')
    .describe('How often the guardian looks. Each look is one short workflow in the namespace.'),
  recover: field
    .yesOrNo()
    .prefault(true)
    .describe(
      'Whether it ends an interrupted rotation by itself; false: it raises its alarm and leaves that to a person.',
    ),
});

export const approvals = section({
  required: field
    .oneOf(approvalsRequired)
    .prefault('none')
    .describe('How many people have to approve the plan of a rotation before anything is changed.'),
  expire: field
    .duration('1m', '168h')
    .prefault('1h')
    .describe('How long a rotation waits for them. Then it ends, and what was approved is void.'),
  approvers: z
    .array(
      section({
        name: field.text('the name of a person').describe('How the result calls this person.'),
        keys: field
          .listOf(field.publicKey(), 'public key')
          .describe(
            "This person's SSH keys, each a line of a .pub file. However many sign, it is one person.",
          ),
      }),
      { error: 'a list of people, each with a name and keys' },
    )
    .prefault([])
    .describe('Who may approve. Without anybody, an approval is a claim that nobody can check.'),
});

const authorities = section({
  caFile: field
    .fileReadWhenNeeded('a PEM file')
    .describe('Authorities that may sign for these addresses, and no others. Several may stand in the file.'),
});

function logOf<Installation extends Kind, Database extends Kind>({
  installation,
  database,
}: Kinds<Installation, Database>) {
  return section({
    publicUrl: field
      .baseUrl()
      .describe('Where clients reach the log. Verification reads here what everybody reads.'),
    hostname: field
      .text('a host name', /^[^\s+]+$/)
      .optional()
      .describe(
        "The name in both slots' --rekor_server.hostname. Absent: one that is not in publicUrl is a warning. Given: another one is a refusal.",
      ),
    tls: authorities
      .optional()
      .describe(
        'For every https address of this log: publicUrl, the url of the slots, metrics. Absent: authorities that Node.js brings along.',
      ),
    trillian: section({
      ...trillian.shape,
      database: field
        .oneKindOf(schemasOf(database))
        .optional()
        .describe(
          'With it the drain is proven by the empty queue. Without it, by two more passes of the signer, which takes longer.',
        ),
    }).describe('Trillian, as this log uses it.'),
    gate: gate
      .optional()
      .describe(
        'The write gate before this log. Absent, on Kubernetes alone: a rotation leads clients by the Service, and some writes fail.',
      ),
    installation: field.oneKindOf(schemasOf(installation)).describe('How the Rekor of this log is run.'),
    nextSigner: nextSigner
      .optional()
      .describe(
        'The signer of shards from the next rotation on; the earlier ones keep theirs. Absent, or where it is so: nothing changes.',
      ),
    rotation: rotation
      .prefault({})
      .describe('How long each part of a rotation may take, and what if it fails.'),
    approvals: approvals.prefault({}).describe('Who has to approve a rotation of this log.'),
    guard: guard
      .prefault({})
      .describe(
        'The guardian of this log: it finds rotations that nobody carries on, and lists that drifted.',
      ),
  });
}

function schemasOf<Known extends Kind>(kinds: readonly Known[]): readonly Known['schema'][] {
  return kinds.map(({ schema }) => schema);
}

/** What a log may be called. */
export const logName = field.text(
  'a name of small letters, digits and hyphens',
  /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
);

/** The whole file. */
export function configSchema<Installation extends Kind, Database extends Kind>(
  kinds: Kinds<Installation, Database>,
) {
  return section({
    temporal: temporal
      .prefault({})
      .describe('Where the rotations are kept. TLS and API key come from the environment (TEMPORAL_*).'),
    metrics: field
      .socketAddress()
      .optional()
      .describe('IP:port where the worker shows its metrics to Prometheus, under /metrics. Absent: nowhere.'),
    logs: z
      .record(logName, logOf(kinds), {
        error: 'at least one log by name',
      })
      .refine((logs) => Object.keys(logs).length > 0, { error: 'at least one log by name' })
      .meta({ minProperties: 1 })
      .describe('The logs that are rotated, by the name that workflows and the command line use.'),
  }).describe('Configuration of rekor-rotate.');
}

/** A JSON Schema that editors complete and check with. */
export function jsonSchema(kinds: Kinds = allKinds) {
  return z.toJSONSchema(configSchema(kinds), { io: 'input', reused: 'inline' });
}
