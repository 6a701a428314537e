import { canonicalUrl } from '../../../workflows/model/base-url';
import type {
  Change,
  ConfiguredShards,
  InstallationPatience,
  PlannedChanges,
  PlannedSigner,
  Release,
  Roles,
} from '../../../workflows/model/installation';
import type { Instance } from '../../../workflows/model/log';
import { sendsTo } from '../../../workflows/model/traffic';
import { refuse, RefusalError } from '../../errors/refusal-error';
import { discardLines, settleLines } from './by-hand';
import { activeTreeId } from './environment-file';
import {
  discardFiles,
  filesOf,
  fingerprintOf,
  forgetFiles,
  keptFor,
  readSlot,
  requireStagedFiles,
  settleFiles,
  stageFiles,
} from './host-files';
import type { SlotContents, SlotFiles } from './slot-pair';
import { nextContents } from './next-contents';
import { requireUnexposed } from './exposed-secrets';
import { shownChanges } from './shown-changes';
import type { SignerVariables } from './slot-signer';
import { examineHost } from './examination/examine-host';
import type { CallBounds } from '../../clients/call-bounds';
import type { Installation } from '../installation';
import type { NextSigner } from '../next-signer';
import { inactiveTreeIds } from '../sharding-file';
import { shellLine } from '../../../workflows/model/shell-line';
import { runSlotCommand, slotIsRunning } from './slot-commands';
import type { SlotCommands } from './slot-commands';

export interface SlotOptions extends SlotFiles {
  /** Base URL of the slot's Rekor, as the gate sends to it. */
  readonly url: string;
  readonly commands: SlotCommands;
}

export interface HostOptions {
  readonly log: string;
  /** The variable of the environment files that names the active tree. */
  readonly treeIdVariable: string;
  /** Those that hold the signer; without them no rotation reads or writes one. */
  readonly signerVariables?: SignerVariables | undefined;
  /** The signer of shards from the next one on; absent: the current one's. */
  readonly nextSigner?: NextSigner | undefined;
  /** The two slots by name, for example blue and green. */
  readonly slots: Readonly<Record<string, SlotOptions>>;
}

/** Rekor answers some 150 ms after its start; the rest is for a busy host, and for the operator's commands. */
export const hostPatience: InstallationPatience = {
  stageMs: 20_000,
  rehearsalMs: 15_000,
  startMs: 1_000,
  stopMs: 20_000,
  discardMs: 20_000,
  settleMs: 60_000,
};

/** The next release of a new signer is started twice: a key that is made anew at each start shows itself then. */
const signerPatience: InstallationPatience = {
  ...hostPatience,
  stageMs: hostPatience.stageMs + hostPatience.rehearsalMs,
};

/**
 * A log run on one host: two slots, of which one serves behind the write gate and the other takes the next release.
 * Each has an environment file, a sharding file and commands, so systemd, compose and plain scripts fit alike.
 * Refuses FILE_USED_TWICE at once: staging the next release would then change the one that serves.
 */
export function hostInstallation(options: HostOptions): Installation {
  const { log, treeIdVariable, signerVariables, nextSigner } = options;
  const names = Object.keys(options.slots);
  refuseSharedFiles(options);

  const slot = (release: Release): SlotOptions => {
    const found = options.slots[release.id];
    if (!found) throw refuse('RELEASE_UNKNOWN', { log, release: release.name, known: names });
    return found;
  };
  const isRunning = (release: Release, signal: AbortSignal) =>
    slotIsRunning({ slot: release.name, verb: 'status', command: slot(release).commands.status }, signal);
  const run = async (release: Release, verb: keyof SlotCommands, signal: AbortSignal) => {
    const command = slot(release).commands[verb];
    if (command) await runSlotCommand({ slot: release.name, verb, command }, signal);
  };
  const pairOf = ({ current, next }: Pick<Roles, 'current' | 'next'>) => ({
    current: slot(current),
    next: slot(next),
    ...{ treeIdVariable, signerVariables, nextSigner },
  });

  /** Runs a command whose failure does no harm when the slot is already as it should become. */
  const reach = async (release: Release, verb: 'start' | 'stop', { signal, commands }: CallBounds) => {
    const command = { release, verb };
    commands?.add(command);
    try {
      await run(release, verb, signal);
    } catch (error) {
      if (!(error instanceof RefusalError) || (await isRunning(release, signal)) !== (verb === 'start'))
        throw error;
    } finally {
      commands?.delete(command);
    }
  };

  const instancesOf = (release: Release): Instance[] => {
    const { id: name } = release;
    return [{ name, url: canonicalUrl(slot(release).url), field: `installation.slots.${name}.url` }];
  };

  const addressesOf = (release: Release): string[] => instancesOf(release).map(({ url }) => url);

  return {
    patience: nextSigner ? signerPatience : hostPatience,
    supersedes: true,
    rehearses: true,

    roles(serving): Promise<Roles> {
      const releases = names.map((name) => ({ id: name, name: `slot ${name}` }));
      const current = releases.find(
        (release) => serving.length > 0 && serving.every((url) => sendsTo([url], addressesOf(release))),
      );
      const next = releases.find((release) => release !== current);
      if (current === undefined || next === undefined) {
        const known = releases.map((release) => slot(release).url);
        throw refuse('SENT_ELSEWHERE', { log, instances: serving, known });
      }
      return Promise.resolve({ current, next, replaced: next });
    },

    serves: (release, serving) => Promise.resolve(sendsTo(serving, addressesOf(release))),

    async configured(release): Promise<ConfiguredShards> {
      const { environmentFile, shardingFile } = slot(release);
      const { environment, sharding } = await readSlot(slot(release));
      const active = activeTreeId(environmentFile, environment, treeIdVariable);
      return { activeTreeId: active, inactiveTreeIds: inactiveTreeIds(shardingFile, sharding, active) };
    },

    instances: (release) => Promise.resolve(instancesOf(release)),
    addresses: (release) => Promise.resolve(addressesOf(release)),
    runs: isRunning,
    unfinishedOn: (release) => keptFor(slot(release)),

    async plan({ current, next }, earlier): Promise<PlannedChanges> {
      const pair = pairOf({ current, next });
      const before = { current: await readSlot(pair.current), next: await readSlot(pair.next) };
      const contents = nextContents(pair, before, earlier);
      await requireUnexposed(pair, contents.signers);
      const of = (release: Release, present: SlotContents) => ({
        ...{ name: release.name, files: slot(release), present },
      });
      return {
        changes: [
          ...shownChanges(pair, 'stage', of(next, before.next), contents),
          ...shownChanges(pair, 'settle', of(current, before.current), contents),
          ...commandsOf(
            { ...slot(current), name: current.name },
            { ...slot(next), name: next.name },
            contents.signer,
          ),
        ],
        fingerprint: fingerprintOf(before.current, before.next, nextSigner),
        ...(contents.signer && { signer: contents.signer }),
      };
    },

    stage: (replacement, planned, { signal }) =>
      stageFiles(pairOf(replacement), replacement, planned, signal),
    requireStaged: (replacement) => requireStagedFiles(pairOf(replacement), replacement),
    discard: (replacement, { signal }) => discardFiles(pairOf(replacement), replacement, signal),
    start: (release, bounds) => reach(release, 'start', bounds),
    giveBack: () => Promise.resolve(),
    stop: (release, bounds) => reach(release, 'stop', bounds),

    async settle(replacement, { signal }) {
      const { current, next } = replacement;
      const boot = {
        enableNext: () => run(next, 'enable', signal),
        disableCurrent: () => run(current, 'disable', signal),
      };
      await settleFiles(pairOf(replacement), replacement, boot, signal);
      return next;
    },
    settledInto: () => Promise.resolve(null),
    ownership: () => Promise.resolve(null),
    forget: (replacement) => forgetFiles(pairOf(replacement), replacement),

    examine: async (state, attempts, signal) => {
      const slots = names.map((name) => ({ name, ...slot({ id: name, name: `slot ${name}` }) }));
      const startsTwice = nextSigner !== undefined;
      return await examineHost({ ...{ log, slots, state, attempts, signal }, startsTwice });
    },

    byHand: {
      start: (release) => [shellLine(slot(release).commands.start)],
      stop: (release) => [shellLine(slot(release).commands.stop)],
      discard: (replacement) => discardLines(slot(replacement.next), replacement),
      settle: (replacement) => settleLines(pairOf(replacement), replacement),
    },
  };
}

type NamedCommands = Pick<SlotOptions, 'commands'> & { readonly name: string };

function commandsOf(
  current: NamedCommands,
  next: NamedCommands,
  signer: PlannedSigner | undefined,
): Change[] {
  type Run = readonly [Change['step'], string, readonly string[] | undefined];
  const startedAgain: readonly Run[] = [
    ['stage', `start ${next.name} again, to see that its key is the same`, next.commands.start],
    ['stage', 'end that', next.commands.stop],
  ];
  const runs: readonly Run[] = [
    ['stage', `rehearse the start of ${next.name}`, next.commands.start],
    ['stage', 'end the rehearsal', next.commands.stop],
    ...(signer?.changes ? startedAgain : []),
    ['start', `start ${next.name} while ${current.name} drains`, next.commands.start],
    ['settle', `let ${next.name} start after a reboot`, next.commands.enable],
    ['settle', `let ${current.name} no longer do so`, current.commands.disable],
    ['settle', `stop ${current.name}, some time after its last write`, current.commands.stop],
  ];
  return runs.flatMap(([step, what, command]) =>
    command ? [{ step, kind: 'command', what, target: shellLine(command), removed: [], added: [] }] : [],
  );
}

function refuseSharedFiles({ log, slots }: HostOptions): void {
  const files = filesOf(...Object.values(slots));
  const shared = files.find((file, index) => files.indexOf(file) !== index);
  if (shared !== undefined) throw refuse('FILE_USED_TWICE', { log, path: shared });
}
