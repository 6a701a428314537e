import { approvalPolicy } from '../approvals/policy';
import { gateTraffic } from '../activities/traffic/gate';
import { connectGate } from '../activities/traffic/one-gate';
import { hostInstallation, type HostOptions } from '../activities/installation/host/host';
import type { Installation } from '../activities/installation/installation';
import {
  kubernetesInstallation,
  type KubernetesOptions,
} from '../activities/installation/kubernetes/kubernetes';
import { kubernetesInsertion } from '../activities/installation/kubernetes/inserted-gate/insertion';
import { kubernetesTraffic } from '../activities/installation/kubernetes/without-gate/traffic';
import type { DatabaseServer } from '../activities/tree-queue/database-server';
import { connectMysql } from '../activities/tree-queue/mysql';
import { connectPostgresql } from '../activities/tree-queue/postgresql';
import { connectRekor } from '../activities/clients/rekor';
import { connectMetrics } from '../activities/clients/metrics';
import { OwnWords } from '../activities/errors/own-words';
import type { LogSystems } from '../activities/systems';
import type { GateInsertion } from '../activities/traffic/insertion';
import type { Traffic } from '../activities/traffic/traffic';
import { connectTrillian } from '../activities/clients/trillian';
import type { TreeQueue } from '../activities/tree-queue/tree-queue';
import { logVerifier } from '../activities/verification/verification';
import type {
  DatabaseConfiguration,
  InstallationConfiguration,
  LogConfiguration,
  RotationConfiguration,
} from '../config/configuration';
import type { HostConfiguration } from '../config/installation/host';
import type { KubernetesConfiguration } from '../config/installation/kubernetes';
import { readSecret } from '../config/secrets';
import type { NextSigner } from '../activities/installation/next-signer';
import { gateAdminUrls } from './gate-admin';
import { expectedSigner, nextSigner } from './next-signer';
import { connectPastWrites } from './past-writes';

const MINUTE_MS = 60_000;

/** What makes an adapter of each kind that the configuration knows. A kind that is missing here does not compile. */
type Connect<Configured extends { readonly kind: string }, Adapter> = {
  readonly [Kind in Configured['kind']]: (
    log: string,
    configured: Extract<Configured, { kind: Kind }>,
    beside: Beside,
  ) => Adapter;
};

/** What an adapter may have to know besides its own section. */
interface Beside {
  readonly nextSigner?: NextSigner;
  readonly gate: LogConfiguration['gate'];
}

export interface Adapters {
  readonly installation: Connect<InstallationConfiguration, Installation>;
  readonly database: Connect<DatabaseConfiguration, TreeQueue>;
  /** Where no gate decides which instances clients reach. */
  readonly traffic: Connect<InstallationConfiguration, Traffic>;
  /** Where a gate is inserted for a rotation alone; undefined where it is not. */
  readonly insertion: Connect<InstallationConfiguration, GateInsertion | undefined>;
}

export const allAdapters: Adapters = {
  installation: {
    host: (log, { treeIdVariable, signerVariables, slots }, { nextSigner }) =>
      hostInstallation({
        ...{ log, treeIdVariable, signerVariables, nextSigner },
        slots: slotsOf(slots),
      }),
    kubernetes: (log, configured, { gate }) =>
      kubernetesInstallation(kubernetesOptions(log, configured, gate)),
  },
  database: {
    postgresql: (log, configured) => connectPostgresql(serverOf(log, configured)),
    mysql: (log, configured) => connectMysql(serverOf(log, configured)),
  },
  traffic: {
    host: (log) => {
      // The configuration has refused it.
      throw new OwnWords(`The log ${log} runs on a host and has no gate.`);
    },
    kubernetes: (log, configured) => kubernetesTraffic(kubernetesOptions(log, configured, undefined)),
  },
  insertion: {
    host: () => undefined,
    kubernetes: (log, configured, { gate }) => kubernetesInsertion(kubernetesOptions(log, configured, gate)),
  },
};

function kubernetesOptions(
  log: string,
  { kubeconfig, context, ownersHeldOff, ...configured }: KubernetesConfiguration,
  gate: LogConfiguration['gate'],
): KubernetesOptions {
  return {
    ...{ log, withoutGate: gate === undefined, ...configured },
    ...insertedGate(gate),
    ...(ownersHeldOff && { ownersHeldOff }),
    source:
      kubeconfig === undefined
        ? { inCluster: true }
        : { kubeconfig, ...(context !== undefined && { context }) },
  };
}

/** The configuration has both Services or neither. */
function insertedGate(gate: LogConfiguration['gate']): Pick<KubernetesOptions, 'inserted'> {
  if (gate?.insertedAt === undefined || gate.service === undefined) return {};
  const { insertedAt: at, service: gateService, listen } = gate;
  return { inserted: { at, gateService, gatePort: Number(listen.slice(listen.lastIndexOf(':') + 1)) } };
}

function serverOf(log: string, { password, ...server }: DatabaseConfiguration): DatabaseServer {
  return { log, ...server, password: () => readSecret(password) };
}

function connected<Configured extends { readonly kind: string }, Adapter>(
  adapters: Connect<Configured, Adapter>,
  log: string,
  configured: Configured,
  ...beside: readonly Beside[]
): Adapter {
  const connect = adapters[configured.kind as Configured['kind']] as (
    log: string,
    configured: Configured,
    ...beside: readonly Beside[]
  ) => Adapter;
  return connect(log, configured, ...beside);
}

/** Connects the systems of one log as configured: the one place that knows every adapter. */
export function connectSystems(configuration: LogConfiguration, adapters = allAdapters): LogSystems {
  const { name: log, trillian, gate, installation, rotation, guard, publicUrl, hostname } = configuration;
  const authorities = configuration.tls?.caFile;
  const { database } = trillian;
  const signer = configuration.nextSigner;
  const beside: Beside = {
    gate,
    ...(signer && { nextSigner: nextSigner(signer) }),
  };
  const installed = connected(adapters.installation, log, installation, beside);
  const insertion = connected(adapters.insertion, log, installation, beside);
  return {
    log,
    publicUrl,
    ...(hostname !== undefined && { hostname }),
    trillian: connectTrillian({ log, address: trillian.address, ...(trillian.tls && { tls: trillian.tls }) }),
    metrics: connectMetrics({
      ...{ log, authorities },
      ...{ logServers: trillian.logServerMetrics, signers: trillian.signerMetrics },
    }),
    ...(database && { queue: connected(adapters.database, log, database) }),
    rekor: connectRekor({ log, authorities }),
    traffic: gate
      ? gateTraffic(
          gateAdminUrls(gate).map((url) => connectGate({ log, url, token: () => readSecret(gate.token) })),
        )
      : connected(adapters.traffic, log, installation),
    ...(insertion && { insertion }),
    installation: installed,
    verifier: logVerifier({ log, authorities, clockDifferenceMs: trillian.clockDifferenceMs }),
    pastWrites: connectPastWrites({ log, publicUrl, authorities }),
    timing: {
      ...rotation,
      patience: installed.patience,
      ifNextFails: installed.supersedes ? rotation.ifNextFails : 'hold',
    },
    drain: trillian,
    sampleEntries: rotation.sampleEntries,
    guard: { recover: guard.recover, stuckAfterMs: stuckAfterMs(rotation) },
    approvals: approvalPolicy(configuration.approvals),
    ...(signer && { expectedSigner: expectedSigner(configuration, signer) }),
    addresses: { trillian: trillian.address },
  };
}

/** A rotation's history stands still while it soaks, pauses or lets the current release serve on; well above that it is stuck. */
function stuckAfterMs({ soakMs, pauseBetweenAttemptsMs, stopCurrentAfterMs }: RotationConfiguration): number {
  return 5 * MINUTE_MS + Math.max(5 * MINUTE_MS, 2 * soakMs, pauseBetweenAttemptsMs, stopCurrentAfterMs);
}

function slotsOf(slots: HostConfiguration['slots']): HostOptions['slots'] {
  return Object.fromEntries(
    Object.entries(slots).map(([name, { url, environmentFile, shardingFile, ...commands }]) => [
      name,
      { url, environmentFile, shardingFile, commands },
    ]),
  );
}
