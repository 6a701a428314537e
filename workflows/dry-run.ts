import type { Changes } from './model/changes';
import type { ChangingStep } from './model/installation';
import type { Plan } from './model/plan';
import { firstIndexAfter } from './model/shards';
import { cutOverSteps } from './cut-over';
import type { Run } from './run';

/** Stands for the id that Trillian will give to the next tree. */
export const NEXT_TREE = '<next tree>';

/** The changes, said: the same steps, one sentence for each change, with the values that are known now. */
export function dryRun(plan: Plan): Run {
  let said: string[] = [];
  const says = (): readonly string[] => {
    const sentences = said;
    said = [];
    return sentences;
  };
  const say = (...sentences: readonly string[]): Promise<void> => {
    said.push(...sentences);
    return Promise.resolve();
  };
  const { current, next, nextInstances, currentInstances } = plan.installation;
  const { treeId: tree, size, rootHash } = plan.currentTree;
  const nextAddresses = nextInstances.map((instance) => instance.url).join(', ');
  const currentAddresses = currentInstances.map((instance) => instance.url).join(', ');
  const changesIn = (step: ChangingStep): string[] => [
    ...plan.changes.files
      .filter((file) => file.step === step)
      .map((file) => `write ${file.path} (${file.what})`),
    ...plan.changes.commands
      .filter((run) => run.step === step)
      .map((run) => `${run.what}: ${run.command.join(' ')}`),
  ];

  const changes: Changes = {
    createNextTree: async () => {
      await say('create a tree of type LOG in Trillian, initialise it and close it (DRAINING)');
      return NEXT_TREE;
    },
    retireNextTree: () => say(`leave tree ${NEXT_TREE} FROZEN and marked; it is not deleted`),
    stage: () =>
      say(`prepare ${next} at ${nextAddresses}, where it serves nobody yet`, ...changesIn('stage')),
    discard: () => say(`stop ${next} and put its files back`),
    hold: () => say('hold new writes in the gate and wait until none is in flight; reads go on'),
    releaseToCurrent: () => say(`send held and new writes to ${current} at ${currentAddresses}`),
    freeze: async () => {
      await say(
        `set tree ${tree} DRAINING, prove it drained by ${
          plan.drainEvidence === 'queue'
            ? "Trillian's queue in its database"
            : 'two further passes of the signer'
        }, set it FROZEN`,
      );
      return { treeId: tree, size, rootHash, proof: [] };
    },
    allowWritesToCurrent: () => say(`set tree ${tree} ACTIVE`),
    start: () => say(...changesIn('start')),
    stop: () => say(`stop ${next}`),
    verifyAndOpen: async () => {
      await say(
        `prove that ${next} serves the shards with exactly their final lengths`,
        `set tree ${NEXT_TREE} ACTIVE and queue the handover leaf as its first, with virtual index ${
          firstIndexAfter(plan.inactive) + size
        } if nothing is written until then`,
      );
      return { text: '', leafHash: '', integratedInMs: 0 };
    },
    closeNextTree: async () => {
      await say(`close tree ${NEXT_TREE} and leave it FROZEN`);
      return 'nothing';
    },
    expose: () => say(`send reads and writes to ${next} at ${nextAddresses}, held writes first`),
    confirm: async () => {
      await say('verify the log from its public address with independent code');
      return { entriesVerified: 0, proofsVerified: 0, checkpointsVerified: 0, shards: [], withoutBundle: 0 };
    },
    settle: () =>
      say(
        `make the configuration of ${next} the standing one and stop ${current} ${
          plan.timing.stopCurrentAfterMs / 1000
        } s after its last write`,
        ...changesIn('settle'),
      ),
    soak: async () => {
      await say(`watch the log for ${plan.timing.soakMs / 1000} s`);
      return { stallMs: null, longestWaitMs: 0, held: 0, refused: 0, recovered: 0, dropped: 0 };
    },
  };
  // Its steps are in its result, as those of a real section, which is another workflow.
  const unseen = { begins: () => undefined, ended: () => undefined };
  return { changes, says, cutOver: (order) => cutOverSteps(changes, order, unseen, says) };
}
