import type { FoundLog } from '../../workflows/model/plan';
import { logTree } from './log-tree';
import { patience, slotBlue, slotGreen } from './two-slots';

/** What preflight finds of a log in good order: shard 100 with 10 entries, then the active tree 200 with 20. */
export function aFoundLog(): FoundLog {
  return {
    approvals: { required: 'none', expireMs: 3_600_000, approvers: [] },
    installation: {
      current: slotBlue,
      next: slotGreen,
      replaced: slotGreen,
      currentInstances: [{ name: 'blue', url: 'http://127.0.0.1:3001' }],
      nextInstances: [{ name: 'green', url: 'http://127.0.0.1:3002' }],
      activeTreeId: '200',
      inactiveTreeIds: ['100'],
      nextIsRunning: false,
      unfinishedOn: { current: null, next: null },
    },
    changes: [
      {
        ...{ step: 'stage', kind: 'file', target: '/etc/rekor/green.env', what: 'environment of slot green' },
        ...{ removed: ['TREE_ID=200'], added: ['TREE_ID=<next tree>'] },
      },
      {
        ...{
          step: 'start',
          kind: 'command',
          target: 'systemctl start rekor@green',
          what: 'start slot green',
        },
        ...{ removed: [], added: [] },
      },
    ],
    fingerprint: 'a'.repeat(64),
    current: logTree('200', 'ACTIVE'),
    currentHead: { size: 20, rootHash: 'b'.repeat(64) },
    inactive: [{ treeId: '100', length: 10, tree: logTree('100', 'FROZEN') }],
    instances: [
      {
        name: 'blue',
        log: {
          activeTreeId: '200',
          active: { size: 20, rootHash: 'b'.repeat(64) },
          inactive: [{ treeId: '100', liveLength: 10, loadedLength: 10 }],
        },
      },
    ],
    traffic: {
      instances: ['http://127.0.0.1:3001'],
      number: 0,
      holding: false,
      words: {
        hold: 'hold new writes in the gate; reads go on',
        expose: 'send reads and writes to slot green at http://127.0.0.1:3002, held writes first',
        fails: null,
      },
    },
    largestMark: 0,
    unusableMarks: [],
    leftovers: [],
    drainEvidence: {
      by: 'queue',
      timing: { signerIntervalMs: 100, guardWindowMs: 0, clockDifferenceMs: 0 },
      pace: { signers: 1, passes: 4, withinMs: 408, readingMs: 12, pageBytes: 139_000 },
    },
    hash: 'c'.repeat(64),
    timing: {
      attempts: 3,
      pauseBetweenAttemptsMs: 1_000,
      criticalSectionMs: 2_500,
      soakMs: 0,
      stopCurrentAfterMs: 0,
      ifNextFails: 'supersede',
      patience,
    },
  };
}
