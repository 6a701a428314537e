import type { WorkflowFailedError } from '@temporalio/client';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RefusalCode } from '../../workflows/model/refusals';
import type { RotationRequest } from '../../workflows/model/request';
import type { LogSection, SlotSection } from '../../harness/configuration';
import { expectAsBefore, expectOutcome } from './outcome';
import { useLog } from './use-log';

/** Nobody listens on port 1 of a machine of today. */
const NOBODY = '127.0.0.1:1';

/** A tree id of the right form that Trillian never gave. */
const NO_TREE = '5123456789012345678';

interface BadConfiguration {
  readonly code: RefusalCode;
  readonly what: string;
  readonly change: (section: LogSection, directory: string, activeTreeId: string) => void;
}

const badConfigurations: readonly BadConfiguration[] = [
  {
    code: 'TRILLIAN_UNREACHABLE',
    what: "nobody listens at Trillian's address",
    change: (section) => (section.trillian.address = NOBODY),
  },
  {
    code: 'GATE_UNREACHABLE',
    what: "nobody listens at the gate's admin address",
    change: (section) => (section.gate.admin = NOBODY),
  },
  {
    code: 'GATE_TOKEN_REFUSED',
    what: 'the token is not the one of the gate',
    change: (section, directory) => {
      section.gate.token.file = join(directory, 'token');
      writeFileSync(section.gate.token.file, 'not-the-token\n', { mode: 0o600 });
    },
  },
  {
    code: 'SHARDING_FILE_INVALID',
    what: 'the sharding file is not YAML',
    change: (section, directory) => shardingFiles(section, directory, '- treeID: [1\n'),
  },
  {
    code: 'SHARDING_FILE_LISTS_TWICE',
    what: 'the sharding file lists a tree twice',
    change: (section, directory) => shardingFiles(section, directory, `- treeID: ${NO_TREE}\n`.repeat(2)),
  },
  {
    code: 'SHARDING_FILE_LISTS_ACTIVE',
    what: 'the sharding file lists the active tree',
    change: (section, directory, activeTreeId) =>
      shardingFiles(section, directory, `- treeID: ${activeTreeId}\n`),
  },
  {
    code: 'TREE_UNKNOWN',
    what: 'the environment file names a tree that Trillian does not know',
    change: (section, directory) => environmentFiles(section, directory, NO_TREE),
  },
];

const slotsThatDoNotStart: readonly BadConfiguration[] = [
  {
    code: 'COMMAND_FAILED',
    what: 'its start command fails',
    change: (section) => {
      for (const slot of slotsOf(section)) slot.start = ['/bin/sh', '-c', 'echo no such unit >&2; exit 5'];
    },
  },
  {
    code: 'RELEASE_DOES_NOT_START',
    what: 'its start command succeeds, but what it started is dead',
    change: (section) => {
      for (const slot of slotsOf(section)) slot.start = ['/bin/sh', '-c', 'exit 0'];
    },
  },
];

function slotsOf(section: LogSection): SlotSection[] {
  return Object.values(section.installation.slots);
}

/** Lets the worker read other sharding files than those that the running Rekor has read. */
function shardingFiles(section: LogSection, directory: string, content: string): void {
  for (const [name, slot] of Object.entries(section.installation.slots)) {
    slot.shardingFile = join(directory, `${name}-sharding.yaml`);
    writeFileSync(slot.shardingFile, content);
  }
}

/** Lets the worker read another active tree than the one that the running Rekor writes to. */
function environmentFiles(section: LogSection, directory: string, treeId: string): void {
  for (const [name, slot] of Object.entries(section.installation.slots)) {
    const content = readFileSync(slot.environmentFile, 'utf8').replace(/^TREE_ID=.*$/m, `TREE_ID=${treeId}`);
    slot.environmentFile = join(directory, `${name}.env`);
    writeFileSync(slot.environmentFile, content);
  }
}

describe('bad input to a rotation', () => {
  const log = useLog();

  async function expectRefusal(code: RefusalCode, request: Partial<RotationRequest> = {}): Promise<void> {
    const before = await log.snapshot();
    const result = await log.rotate(request);

    expect({ outcome: result.outcome, codes: result.refusals.map((refusal) => refusal.code) }).toEqual({
      outcome: 'refused',
      codes: expect.arrayContaining([code]) as string[],
    });
    expect(result.refusals.filter(({ message, remedy }) => message === '' || remedy === '')).toEqual([]);
    expect(await log.snapshot()).toEqual(before);
  }

  it('fails for a log that the worker does not know, naming the one it may have meant', async () => {
    const before = await log.snapshot();
    const failed: unknown = await log.rotate({ log: `${log.name}o` }).catch((error: unknown) => error);

    // The harness adds the worker's last words; the workflow's failure is the cause of that.
    const { cause } = (failed as { readonly cause: WorkflowFailedError }).cause;
    expect(cause).toMatchObject({ type: 'UNKNOWN_LOG', nonRetryable: true });
    expect(cause?.message).toContain(`"${log.name}"`);
    expect(await log.snapshot()).toEqual(before);
  });

  it('is refused for a tree that is not the active one', async () => {
    await expectRefusal('NOT_THE_ACTIVE_TREE', { currentTree: NO_TREE });
  });

  it('is refused while the current tree is not ACTIVE', async () => {
    const { activeTreeId } = await log.serving();
    await log.trees.setState(activeTreeId, 'FROZEN');
    await expectRefusal('CURRENT_TREE_NOT_ACTIVE');
    await log.trees.setState(activeTreeId, 'ACTIVE');
    await log.expectWritable();
  });

  it('is refused when Rekor cannot be reached', async () => {
    const { current } = await log.serving();
    const before = await log.snapshot();
    await log.rekor[current].refuseConnections();
    const result = await log.rotate();
    await log.rekor[current].acceptConnections();

    expectOutcome(result, 'refused');
    expect(result.refusals.map(({ code }) => code)).toContain('REKOR_UNREACHABLE');
    expect(await log.snapshot()).toEqual(before);
  });

  describe('in the configuration', () => {
    afterAll(async () => {
      await log.reconfigure();
    });

    it.each(badConfigurations)('is refused with $code: $what', async ({ code, change }) => {
      const { activeTreeId } = await log.serving();
      await log.reconfigure((section) => change(section, log.newDirectory(), activeTreeId));
      await expectRefusal(code);
      await log.expectWritable();
    });

    it('is refused with CURRENT_TREE_NOT_A_LOG: the current tree is of another type', async () => {
      const preordered = await log.trees.create('PREORDERED_LOG');
      await log.reconfigure((section) => environmentFiles(section, log.newDirectory(), preordered));
      await expectRefusal('CURRENT_TREE_NOT_A_LOG');
      await log.expectWritable();
    });

    it.each(slotsThatDoNotStart)(
      'is found before a write waits, with $code: $what',
      async ({ code, change }) => {
        await log.reconfigure((section) => change(section, log.newDirectory(), ''));
        const before = await log.snapshot();
        log.gate.forgetCalls();
        const result = await log.rotate();

        expectOutcome(result, 'rolledBack');
        expect(result.refusals).toMatchObject([{ code }]);
        expect(log.gate.calls.filter(({ path }) => path.endsWith('/hold'))).toEqual([]);
        expectAsBefore(before, await log.snapshot());
        await log.expectWritable();
      },
    );
  });

  it('leaves a log that rotates once the input is right', async () => {
    const result = await log.rotate();

    expectOutcome(result, 'completed');
    await log.expectGoesOn();
  });
});
