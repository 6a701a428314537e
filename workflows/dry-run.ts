import type { Actions } from './model/actions';
import type { Journal } from './journal';
import { addressesInWords, type ChangingStep } from './model/installation';
import { ONE_TRY } from './model/patience';
import type { Plan } from './model/plan';
import { roomInWords } from './model/room';
import { firstIndexAfter } from './model/shards';
import type { StepName } from './model/steps';
import { runCriticalSection } from './critical-section';
import type { Run } from './run';
import { neverPaused } from './steering';

/** Stands for the id that Trillian will give to the next tree. */
export const NEXT_TREE = '<next tree>';

/** Nothing that is said can fail, so nothing is ever taken back. */
const neverUndone = {
  retireNextTree: () => Promise.resolve(),
  discard: () => Promise.resolve(),
  allowWritesToCurrent: () => Promise.resolve(),
  sendToCurrent: () => Promise.resolve(null),
  stop: () => Promise.resolve(),
  closeNextTree: () => Promise.resolve({ content: 'nothing' as const, currentGrew: false }),
  lookBack: () => Promise.resolve([]),
  goForward: () => Promise.reject(new Error('nothing that is said goes forward')),
} satisfies Partial<Actions>;

const neverHeld: Run['retrying'] = {
  on: () => ({
    mustSucceed: (_, act) => act(ONE_TRY),
    maySkip: async (_, act) => ({ result: await act(ONE_TRY) }),
  }),
};

/** What the rehearsal proves of a new key, before a write waits. */
function signerSayings({ signer, currentTree }: Plan): string[] {
  return signer?.changes
    ? [
        `prove that the next tree is signed with ${signer.what}, alike after a second start, and every earlier shard with the key that it has now, tree ${currentTree.treeId} too`,
      ]
    : [];
}

/** The changes, said: the same steps, one sentence for each change, with the values that are known now. */
export function dryRun(plan: Plan, journal: Journal): Run {
  const said = new Map<StepName, readonly string[]>();
  const says = (step: StepName): readonly string[] => said.get(step) ?? [];
  const say = (step: StepName, ...sentences: readonly string[]): Promise<void> => {
    said.set(step, sentences);
    return Promise.resolve();
  };
  const { current, next, nextInstances } = plan.installation;
  const { treeId: tree, size, rootHash } = plan.currentTree;
  const nextAddresses = addressesInWords(nextInstances);
  const changesIn = (step: ChangingStep): string[] =>
    plan.changes
      .filter((change) => change.step === step)
      .map(({ kind, what, target }) =>
        kind === 'command' ? `${what}: ${target}` : `write ${target} (${what})`,
      );

  const frozen = { treeId: tree, size, rootHash, proof: [] };
  const actions: Actions = {
    standBy: () => Promise.resolve({ tookBack: false }),
    createNextTree: async () => {
      await say(
        'createTree',
        'create a tree of type LOG in Trillian, initialise it and close it (DRAINING)',
        `its display name is "${plan.nextTree.displayName}"`,
        `its max_root_duration is that of tree ${tree}: ${plan.maxRootDurationMs / 1000} s`,
      );
      return NEXT_TREE;
    },
    stage: async () => {
      await say(
        'stage',
        `prepare ${next.name} at ${nextAddresses}, where it serves nobody yet`,
        ...changesIn('stage'),
        ...signerSayings(plan),
        ...(plan.room ? roomInWords(plan.room, plan.timing.criticalSectionMs) : []),
      );
      return null;
    },
    holdToExpose: async () => {
      await say('hold', plan.traffic.hold);
      await say('start', ...changesIn('start'));
      const proof =
        plan.drainEvidence.by === 'queue'
          ? "Trillian's queue in its database"
          : 'two further passes of the signer';
      await say('freeze', `set tree ${tree} DRAINING, prove it drained by ${proof}, set it FROZEN`);
      await say(
        'verify',
        `prove that ${next.name} serves the shards with exactly their final lengths`,
        `set tree ${NEXT_TREE} ACTIVE and queue the handover leaf as its first, with virtual index ${
          firstIndexAfter(plan.inactive) + size
        } if nothing is written until then`,
      );
      await say('expose', plan.traffic.expose);
      const handover = { text: '', leafHash: '', integratedInMs: 0 };
      return { frozen, handover, times: { hold: 0, start: 0, freeze: 0, verify: 0, expose: 0 } };
    },
    confirm: async () => {
      await say('confirm', 'verify the log from its public address with independent code');
      return { entriesVerified: 0, proofsVerified: 0, checkpointsVerified: 0, shards: [], withoutBundle: 0 };
    },
    settle: async () => {
      await say(
        'settle',
        `make the configuration of ${next.name} the standing one, then stop ${current.name} ${
          plan.timing.stopCurrentAfterMs / 1000
        } s after its last write`,
        ...changesIn('settle'),
      );
      return null;
    },
    soak: async () => {
      await say('soak', `watch the log for ${plan.timing.soakMs / 1000} s`);
      return { stallMs: null, longestWaitMs: 0, held: 0, refused: 0, resent: 0, dropped: 0 };
    },
    ...neverUndone,
  };
  // Its steps are in its result, as those of a real section, which is another workflow.
  const unseen = { begins: () => undefined, ended: () => undefined };
  const observations = { superseding: () => Promise.resolve(plan) };
  const retrying = neverHeld;
  const criticalSection: Run['criticalSection'] = (input) =>
    runCriticalSection(actions, input, unseen, says, retrying.on(input));
  return {
    actions,
    journal,
    observations,
    retrying,
    says,
    criticalSection,
    pauses: neverPaused,
  };
}
