import { canonicalUrl } from '../../../workflows/model/base-url';
import type {
  Change,
  ConfiguredShards,
  InstallationPatience,
  PlannedChanges,
  Release,
  Roles,
} from '../../../workflows/model/installation';
import type { Instance } from '../../../workflows/model/log';
import { sendsTo } from '../../../workflows/model/traffic';
import { refuse, RefusalError } from '../../errors/refusal-error';
import { discardLines, settleLines } from './by-hand';
import { differingLines } from '../differing-lines';
import { activeTreeId, shownTreeIdLine } from './environment-file';
import {
  discardFiles,
  filesOf,
  fingerprintOf,
  forgetFiles,
  keptFor,
  nextContents,
  readSlot,
  requireStagedFiles,
  settleFiles,
  stageFiles,
} from './host-files';
import type { SlotContents, SlotFiles } from './host-files';
import { examineHost } from './examination/examine-host';
import { NEXT_TREE_ID } from '../content';
import type { Installation } from '../installation';
import { inactiveTreeIds, listedShards } from '../sharding-file';
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

/**
 * A log run on one host: two slots, of which one serves behind the write gate and the other takes the next release.
 * Each has an environment file, a sharding file and commands, so systemd, compose and plain scripts fit alike.
 * Refuses FILE_USED_TWICE at once: staging the next release would then change the one that serves.
 */
export function hostInstallation(options: HostOptions): Installation {
  const { log, treeIdVariable } = options;
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
    treeIdVariable,
  });

  /** Runs a command whose failure does no harm when the slot is already as it should become. */
  const reach = async (release: Release, verb: 'start' | 'stop', signal: AbortSignal) => {
    try {
      await run(release, verb, signal);
    } catch (error) {
      if (!(error instanceof RefusalError) || (await isRunning(release, signal)) !== (verb === 'start'))
        throw error;
    }
  };

  const instancesOf = (release: Release): Instance[] => {
    const { id: name } = release;
    return [{ name, url: canonicalUrl(slot(release).url), field: `installation.slots.${name}.url` }];
  };

  return {
    patience: hostPatience,

    roles(serving): Promise<Roles> {
      const releases = names.map((name) => ({ id: name, name: `slot ${name}` }));
      const current = releases.find(
        (release) => serving.length > 0 && serving.every((url) => sendsTo([url], instancesOf(release))),
      );
      const next = releases.find((release) => release !== current);
      if (current === undefined || next === undefined) {
        const known = releases.map((release) => slot(release).url);
        throw refuse('SENT_ELSEWHERE', { log, instances: serving, known });
      }
      return Promise.resolve({ current, next, replaced: next });
    },

    async configured(release): Promise<ConfiguredShards> {
      const { environmentFile, shardingFile } = slot(release);
      const { environment, sharding } = await readSlot(slot(release));
      const active = activeTreeId(environmentFile, environment, treeIdVariable);
      return { activeTreeId: active, inactiveTreeIds: inactiveTreeIds(shardingFile, sharding, active) };
    },

    instances: (release) => Promise.resolve(instancesOf(release)),
    runs: isRunning,
    unfinishedOn: (release) => keptFor(slot(release)),

    async plan({ current, next }, earlier): Promise<PlannedChanges> {
      const pair = pairOf({ current, next });
      const before = { current: await readSlot(pair.current), next: await readSlot(pair.next) };
      const { sharding, ...contents } = nextContents(pair, before, earlier);
      const change = (step: 'stage' | 'settle', release: Release, present: SlotContents): Change[] => {
        const { environmentFile, shardingFile } = slot(release);
        const list = differingLines(
          shownList(shardingFile, present.sharding),
          shownList(shardingFile, sharding),
        );
        const removed = [shownTreeIdLine(environmentFile, present.environment, treeIdVariable)];
        const added = [`${treeIdVariable}=${NEXT_TREE_ID}`];
        const ofList = { what: `sharding list of ${release.name}`, target: shardingFile, ...list };
        const ofTree = { what: `active tree of ${release.name}`, target: environmentFile, removed, added };
        return [
          { ...ofList, content: contents.shardingContent },
          { ...ofTree, content: contents.environmentContent },
        ].map(({ content, ...file }) => ({
          step,
          kind: 'file',
          ...file,
          ...(step === 'stage' && { content }),
        }));
      };
      return {
        changes: [
          ...change('stage', next, before.next),
          ...change('settle', current, before.current),
          ...commandsOf({ ...slot(current), name: current.name }, { ...slot(next), name: next.name }),
        ],
        fingerprint: fingerprintOf(before.current, before.next),
      };
    },

    stage: (replacement, planned, signal) => stageFiles(pairOf(replacement), replacement, planned, signal),
    requireStaged: (replacement) => requireStagedFiles(pairOf(replacement), replacement),
    discard: (replacement, signal) => discardFiles(pairOf(replacement), replacement, signal),
    start: (release, signal) => reach(release, 'start', signal),
    stop: (release, signal) => reach(release, 'stop', signal),

    async settle(replacement, signal) {
      const { current, next } = replacement;
      const boot = {
        enableNext: () => run(next, 'enable', signal),
        disableCurrent: () => run(current, 'disable', signal),
      };
      await settleFiles(pairOf(replacement), replacement, boot, signal);
      return next;
    },
    forget: (replacement) => forgetFiles(pairOf(replacement), replacement),

    examine: async (state, attempts, signal) => {
      const slots = names.map((name) => ({ name, ...slot({ id: name, name: `slot ${name}` }) }));
      return await examineHost({ log, slots, state, attempts, signal });
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

function commandsOf(current: NamedCommands, next: NamedCommands): Change[] {
  const runs: readonly [Change['step'], string, readonly string[] | undefined][] = [
    ['stage', `rehearse the start of ${next.name}`, next.commands.start],
    ['stage', 'end the rehearsal', next.commands.stop],
    ['start', `start ${next.name} while ${current.name} drains`, next.commands.start],
    ['settle', `let ${next.name} start after a reboot`, next.commands.enable],
    ['settle', `let ${current.name} no longer do so`, current.commands.disable],
    ['settle', `stop ${current.name}, some time after its last write`, current.commands.stop],
  ];
  return runs.flatMap(([step, what, command]) =>
    command ? [{ step, kind: 'command', what, target: shellLine(command), removed: [], added: [] }] : [],
  );
}

/** The lines of a list that may be shown. The next slot's own is replaced as a whole, so it may be anything. */
function shownList(path: string, text: string | null): string[] {
  try {
    return listedShards(path, text).flatMap((shard) => shard.shown);
  } catch (error) {
    if (error instanceof RefusalError) return ['<no list that can be read>'];
    throw error;
  }
}

function refuseSharedFiles({ log, slots }: HostOptions): void {
  const files = filesOf(...Object.values(slots));
  const shared = files.find((file, index) => files.indexOf(file) !== index);
  if (shared !== undefined) throw refuse('FILE_USED_TWICE', { log, path: shared });
}
