import { entries } from '../counted';
import type { Text, Words } from './text';

/** What is wrong with the trees. */
export const treeRefusals = {
  TREE_UNKNOWN: (found: { log: string; tree: string }): Text => ({
    message: `Trillian does not know tree ${found.tree} that the configuration of ${found.log} names, or has deleted it.`,
    remedy:
      'Check that trillian.address is the server this log uses; a deleted tree can be undeleted for seven days.',
  }),
  TREE_UNINITIALISED: (found: { log: string; tree: string }): Text => ({
    message: `Tree ${found.tree} of ${found.log} was never initialised: it has no root, and nothing can be in it.`,
    remedy: 'Rekor cannot serve it. Let the configuration name the trees that the log has.',
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
  CURRENT_TREE_GREW: (found: { tree: string; handedOver: string; now: string }): Text => ({
    message: `Tree ${found.tree} has grown after its end was handed over: it was ${found.handedOver}, it is ${found.now}.`,
    remedy:
      'Restart no Rekor of this log: one that starts now would shift every later index. See docs/failures.md, "A tree that grew".',
  }),
  FORWARD_FAILED: (found: { tree: string; reason: string }): Text => ({
    message: `Tree ${found.tree} holds entries of clients, and its Rekor cannot serve them: ${found.reason}.`,
    remedy: 'Mend what keeps that Rekor from serving, then `rekor-rotate resume NAME --retry`.',
  }),
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
      'The attempt is taken back. If it repeats, look at the signer, at long-running writes, and at writes to other logs of this Trillian.',
  }),
} as const;
