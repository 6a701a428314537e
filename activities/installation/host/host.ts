import { canonicalUrl, sameUrl } from '../../../workflows/model/base-url';
import type {
  CommandRun,
  InstallationChanges,
  InstallationState,
} from '../../../workflows/model/installation';
import type { Instance } from '../../../workflows/model/log';
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

/**
 * A log run on one host: two slots, of which one serves behind the write gate and the other takes the next release.
 * Each has an environment file, a sharding file and commands, so systemd, compose and plain scripts fit alike.
 * Refuses SLOTS_SHARE_A_FILE at once: staging the next release would then change the one that serves.
 */
export function hostInstallation(options: HostOptions): Installation {
  const { log, treeIdVariable } = options;
  const names = Object.keys(options.slots);
  refuseSharedFiles(options);

  const slot = (name: string): SlotOptions => {
    const found = options.slots[name];
    if (!found) throw refuse('SLOT_UNKNOWN', { log, slot: name, known: names });
    return found;
  };
  const instances = (release: string): Instance[] => [
    { name: release, url: canonicalUrl(slot(release).url) },
  ];
  const isRunning = (name: string, signal: AbortSignal) =>
    slotIsRunning(name, slot(name).commands.status, signal);
  const pairOf = (state: { current: string; next: string }) => ({
    current: slot(state.current),
    next: slot(state.next),
    treeIdVariable,
  });

  /** Runs a command whose failure does no harm when the slot is already as it should become. */
  const reach = async (name: string, verb: 'start' | 'stop', signal: AbortSignal) => {
    try {
      await runSlotCommand(name, verb, slot(name).commands[verb], signal);
    } catch (error) {
      if (!(error instanceof RefusalError) || (await isRunning(name, signal)) !== (verb === 'start'))
        throw error;
    }
  };
  const runIfGiven = async (name: string, verb: 'enable' | 'disable', signal: AbortSignal) => {
    const command = slot(name).commands[verb];
    if (command) await runSlotCommand(name, verb, command, signal);
  };

  return {
    async read(servingUrl, signal): Promise<InstallationState> {
      const current = names.find((name) => sameUrl(slot(name).url, servingUrl));
      const next = names.find((name) => name !== current);
      if (current === undefined || next === undefined) {
        const known = names.map((name) => slot(name).url);
        throw refuse('GATE_UPSTREAM_UNKNOWN', { log, upstream: servingUrl, known });
      }
      const serving = await readSlot(slot(current));
      const waiting = await readSlot(slot(next));
      const { environmentFile, shardingFile } = slot(current);
      // A rotation that was interrupted after its exposure keeps beside the slot that serves by now.
      const keptByServing = await keptFor(slot(current));
      const active = activeTreeId(environmentFile, serving.environment, treeIdVariable);
      const inactive = inactiveTreeIds(shardingFile, serving.sharding, active);
      nextContents(
        pairOf({ current, next }),
        { current: serving, next: waiting },
        { earlier: [active], next: active },
      );
      return {
        current,
        next,
        currentInstances: instances(current),
        nextInstances: instances(next),
        activeTreeId: active,
        inactiveTreeIds: inactive,
        nextIsRunning: await isRunning(next, signal),
        keptBy: (await keptFor(slot(next))) ?? keptByServing,
        keptByServing,
        fingerprint: fingerprintOf(serving, waiting),
      };
    },

    async describe(state): Promise<InstallationChanges> {
      const pair = pairOf(state);
      const before = { current: await readSlot(pair.current), next: await readSlot(pair.next) };
      const trees = { earlier: [state.activeTreeId], next: '<next tree>' };
      const { sharding } = nextContents(pair, before, trees);
      const change = (step: 'stage' | 'settle', name: string, contents: SlotContents) => {
        const { environmentFile, shardingFile } = slot(name);
        const list = differingLines(
          shownList(shardingFile, contents.sharding),
          shownList(shardingFile, sharding),
        );
        const line = shownTreeIdLine(environmentFile, contents.environment, treeIdVariable);
        const added = [`${treeIdVariable}=${trees.next}`];
        return [
          { step, path: shardingFile, what: `sharding list of slot ${name}`, ...list },
          { step, path: environmentFile, what: `active tree of slot ${name}`, removed: [line], added },
        ];
      };
      return {
        files: [
          ...change('stage', state.next, before.next),
          ...change('settle', state.current, before.current),
        ],
        commands: commandsOf(state, slot(state.current).commands, slot(state.next).commands),
      };
    },

    async stage(order, signal) {
      await stageFiles(pairOf(order), order, signal);
    },
    keptBy: (order) => keptFor(slot(order.next)),
    requireStaged: (order) => requireStagedFiles(pairOf(order), order),
    async discard(order, signal) {
      await discardFiles(pairOf(order), order, signal);
    },
    async start(release, signal) {
      await reach(release, 'start', signal);
    },
    async stop(release, signal) {
      await reach(release, 'stop', signal);
    },
    runs: isRunning,
    instances,

    async settle(order, signal) {
      const boot = {
        enableNext: () => runIfGiven(order.next, 'enable', signal),
        disableCurrent: () => runIfGiven(order.current, 'disable', signal),
      };
      await settleFiles(pairOf(order), order, boot, signal);
    },
    forget: (order) => forgetFiles(pairOf(order), order),

    byHand: {
      start: (release) => [shellLine(slot(release).commands.start)],
      stop: (release) => [shellLine(slot(release).commands.stop)],
      discard: (order) => discardLines(slot(order.next), order),
      settle: (order) => settleLines(pairOf(order), order),
    },
  };
}

function commandsOf(
  { current, next }: { current: string; next: string },
  ofCurrent: SlotCommands,
  ofNext: SlotCommands,
): CommandRun[] {
  const runs: (Omit<CommandRun, 'command'> & { command?: readonly string[] })[] = [
    { step: 'stage', what: `rehearse the start of slot ${next}`, command: ofNext.start },
    { step: 'stage', what: 'end the rehearsal', command: ofNext.stop },
    { step: 'start', what: `start slot ${next} while slot ${current} drains`, command: ofNext.start },
    { step: 'settle', what: `let slot ${next} start after a reboot`, command: ofNext.enable },
    { step: 'settle', what: `let slot ${current} no longer do so`, command: ofCurrent.disable },
    { step: 'settle', what: `stop slot ${current}, some time after its last write`, command: ofCurrent.stop },
  ];
  return runs.flatMap(({ command, ...run }) => (command ? [{ ...run, command }] : []));
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
  if (shared !== undefined) throw refuse('SLOTS_SHARE_A_FILE', { log, path: shared });
}
