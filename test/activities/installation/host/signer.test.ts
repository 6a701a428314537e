import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { hostInstallation, type HostOptions } from '../../../../activities/installation/host/host';
import type { Installation } from '../../../../activities/installation/installation';
import type { NextSigner, SignerValues } from '../../../../activities/installation/next-signer';
import type { PlannedChanges, Replacement } from '../../../../workflows/model/installation';
import {
  BLUE,
  contents,
  crashAfterChange,
  CURRENT,
  EARLIER,
  file,
  NEXT,
  options,
  read,
  refusalOf,
  signal,
  withTwoSlots,
} from './two-slots';

withTwoSlots();

const THIRD = '5000000000000000003';
const OLD_PASSWORD = 'old-Tr0ub4dor';
const NEW_PASSWORD = 'new-hunter2';

const variables = { signer: 'KEY', password: 'PASS', tinkKekUri: 'KEK', tinkKeyset: 'KEYSET' };

function slotEnvironment(treeId: string, key: string, password = ''): string {
  return `# mine\nTREE_ID=${treeId}\nKEY="${key}"\nPASS=${password}\nKEK=\nKEYSET=''\nOTHER=x\n`;
}

const oldKey: SignerValues = { signer: '/old.pem', password: OLD_PASSWORD, tinkKekUri: '', tinkKeyset: '' };
const newKey: SignerValues = { ...oldKey, signer: '/new.pem', password: NEW_PASSWORD };

function signerOf(values: SignerValues): NextSigner {
  const shown = { ...values, password: values.password === '' ? '' : '<hidden>' };
  return { what: `the key file ${values.signer}`, shown, values: () => values };
}

function host(nextSigner: SignerValues | null = newKey, more: Partial<HostOptions> = {}): Installation {
  return hostInstallation({
    ...options(),
    signerVariables: variables,
    nextSigner: nextSigner ? signerOf(nextSigner) : undefined,
    ...more,
  });
}

/** What an attempt replaces, with what is planned for it now. */
async function orderOf(
  installation = host(),
  { serving = BLUE, earlier = [CURRENT], next = NEXT, mark = 'r1/1' } = {},
): Promise<Replacement & PlannedChanges> {
  const roles = await installation.roles([serving], signal);
  const planned = await installation.plan(roles, earlier, signal);
  const inactive = [EARLIER, ...earlier.slice(0, -1).filter((tree) => tree !== EARLIER)];
  return {
    ...{ attemptId: mark, current: roles.current, next: roles.next },
    ...{ currentTreeId: earlier.at(-1) ?? '', nextTreeId: next },
    inactive: inactive.map((treeId) => ({ treeId, length: 10 })),
    patience: installation.patience,
    ...planned,
  };
}

const named = (key: string, password: string): string =>
  `signingConfig: {"signingSchemeOrKeyPath": "${key}", "fileSignerPassword": "${password}"}`;

beforeEach(() => {
  writeFileSync(file('blue.env'), slotEnvironment(CURRENT, '/old.pem', OLD_PASSWORD), { mode: 0o640 });
  writeFileSync(file('green.env'), slotEnvironment('0', '/old.pem', OLD_PASSWORD), { mode: 0o640 });
  writeFileSync(file('blue.yaml'), `# shards\n- treeID: ${EARLIER} # the first\n  treeLength: 10\n`);
  for (const name of ['blue.env', 'green.env', 'blue.yaml']) chmodSync(file(name), 0o640);
});

const NEXT_LIST = () =>
  `# shards\n- ${named('/old.pem', OLD_PASSWORD)}\n  treeID: ${EARLIER} # the first\n  treeLength: 10\n` +
  `- ${named('/old.pem', OLD_PASSWORD)}\n  treeID: ${CURRENT}\n`;

describe('a new signer', () => {
  it('is given to the next slot, whose list names that of each earlier shard; all else stays', async () => {
    const order = await orderOf();
    await host().stage(order, order, { signal });
    expect(read('green.yaml')).toBe(NEXT_LIST());
    expect(read('green.env')).toBe(slotEnvironment(NEXT, '/new.pem', NEW_PASSWORD));
    expect(order.signer).toEqual({
      changes: true,
      what: 'the key file /new.pem',
      named: [EARLIER, CURRENT],
    });
  });

  it('stands with its password, and with that of now, in no plan (H28)', async () => {
    const order = await orderOf();
    const text = JSON.stringify(order);
    expect(text).not.toContain(OLD_PASSWORD);
    expect(text).not.toContain(NEW_PASSWORD);
    expect(text).toContain('KEY=/new.pem');
    expect(text).toContain('PASS=<hidden>');
  });

  it('names the earlier signers in a list in brackets, too', async () => {
    writeFileSync(file('blue.yaml'), `[{"treeID": ${EARLIER}}]\n`, { mode: 0o640 });
    const order = await orderOf();
    await host().stage(order, order, { signal });
    const config = `"${named('/old.pem', OLD_PASSWORD).replace(': {', '": {')}`;
    expect(read('green.yaml')).toBe(
      `[{${config}, "treeID": ${EARLIER}}, {${config}, "treeID": ${CURRENT}}]\n`,
    );
  });

  it('leaves the signer that a shard names already, and is kept by the next rotation', async () => {
    writeFileSync(
      file('blue.yaml'),
      `- treeID: ${EARLIER}\n  signingConfig: {signingSchemeOrKeyPath: "gcpkms://first"}\n`,
      { mode: 0o640 },
    );
    const order = await orderOf();
    expect(order.signer?.named).toEqual([CURRENT]);

    for (const [name, tree] of [
      ['blue.env', CURRENT],
      ['green.env', '0'],
    ] as const) {
      writeFileSync(file(name), slotEnvironment(tree, '/new.pem', NEW_PASSWORD));
    }
    const settled = await orderOf();
    expect(settled.signer).toEqual({ changes: false, what: 'the key file /new.pem', named: [] });
    await host().stage(settled, settled, { signal });
    expect(read('green.yaml')).toBe(`${read('blue.yaml') ?? ''}- treeID: ${CURRENT}\n`);
  });

  it('is taken back with the rest, and settled into both slots', async () => {
    const before = contents();
    const order = await orderOf();
    await host().stage(order, order, { signal });
    await host().requireStaged(order, signal);
    await host().discard(order, { signal });
    expect(contents()).toEqual(before);

    const again = await orderOf();
    await host().stage(again, again, { signal });
    // Whoever settles may have another configuration by then.
    await host(null).settle(again, { signal });
    await host(null).settle(again, { signal });
    expect(read('blue.yaml')).toBe(NEXT_LIST());
    expect(read('blue.env')).toBe(slotEnvironment(NEXT, '/new.pem', NEW_PASSWORD));
  });

  it.each([1, 2])('is settled after a crash behind write %i', async (n) => {
    const order = await orderOf();
    await host().stage(order, order, { signal });
    const recover = crashAfterChange(n);
    await host()
      .settle(order, { signal })
      .catch(() => undefined);
    recover();
    await host().settle(order, { signal });
    expect(read('blue.yaml')).toBe(NEXT_LIST());
    expect(read('blue.env')).toBe(slotEnvironment(NEXT, '/new.pem', NEW_PASSWORD));
  });

  it('is settled by hand, by lines without a secret', async () => {
    const order = await orderOf();
    await host().stage(order, order, { signal });
    const lines = host().byHand.settle(order);
    execFileSync('/bin/sh', ['-ec', lines.join('\n')]);
    expect(read('blue.yaml')).toBe(NEXT_LIST());
    expect(read('blue.env')).toBe(slotEnvironment(NEXT, '/new.pem', NEW_PASSWORD));
    expect(lines.join('\n')).not.toContain(NEW_PASSWORD);
    expect(lines.join('\n')).not.toContain(OLD_PASSWORD);
  });

  it('is refused where the configuration has named another one since the plan', async () => {
    const order = await orderOf();
    const before = contents();
    const other = host({ ...newKey, signer: '/other.pem' });
    const refused = await refusalOf(other.stage(order, order, { signal }));
    expect(refused.code).toBe('CHANGED_BY_SOMEONE');
    expect(refused.message).toContain('nextSigner');
    expect(contents()).toEqual(before);
  });
});

describe('a third tree after one that could not serve (H12)', () => {
  it('keeps the signer of that one, and of those before it, while the current slot never had it', async () => {
    const order = await orderOf();
    await host().stage(order, order, { signal });
    const earlier = [EARLIER, CURRENT, NEXT];
    const third = await orderOf(host(), { earlier, next: THIRD, mark: 'r1/2' });
    expect(third.signer?.named).toEqual([EARLIER, CURRENT]);
    await host().stage(third, third, { signal });
    expect(read('green.yaml')).toBe(`${NEXT_LIST()}- treeID: ${NEXT}\n`);
    expect(read('green.env')).toBe(slotEnvironment(THIRD, '/new.pem', NEW_PASSWORD));
  });

  it.each([['BLUE'], ['GREEN']])('does so without nextSigner, when clients are sent to %s', async (sent) => {
    const order = await orderOf();
    await host().stage(order, order, { signal });
    const earlier = [EARLIER, CURRENT, NEXT];
    const serving = sent === 'BLUE' ? BLUE : 'http://127.0.0.1:3002';
    const without = host(null);
    const third = await orderOf(without, { serving, earlier, next: THIRD, mark: 'r1/2' });
    await without.stage(third, third, { signal });
    const next = sent === 'BLUE' ? 'green' : 'blue';
    expect(read(`${next}.yaml`)).toBe(`${NEXT_LIST()}- treeID: ${NEXT}\n`);
    expect(read(`${next}.env`)).toBe(slotEnvironment(THIRD, '/new.pem', NEW_PASSWORD));
    expect(JSON.stringify(third)).not.toContain(NEW_PASSWORD);
  });
});

describe('what cannot be a signer', () => {
  const refused = async (installation = host()) => await refusalOf(orderOf(installation));

  it('is memory, for a shard that must keep its key', async () => {
    for (const name of ['blue.env', 'green.env'])
      writeFileSync(file(name), slotEnvironment(CURRENT, 'memory'));
    expect(await refused()).toMatchObject({
      code: 'SIGNER_UNUSABLE',
      message: expect.stringContaining('whose key ends with its process') as string,
    });
  });

  it.each(['with space', "quo'te", 'dollar$', 'h#sh', 'back\\slash', 'ünicode'])(
    'is a password that not every reader takes alike: %s',
    async (password) => {
      const found = await refused(host({ ...newKey, password }));
      expect(found).toMatchObject({ code: 'SIGNER_UNUSABLE' });
      expect(found.message).toContain('PASS');
      expect(found.message).not.toContain(password);
    },
  );

  it('is a password of now that not every reader takes alike', async () => {
    writeFileSync(file('blue.env'), slotEnvironment(CURRENT, '/old.pem', 'dollar$ign'));
    const found = await refused();
    expect(found).toMatchObject({ code: 'ENVIRONMENT_FILE_INVALID' });
    expect(found.message).toContain('PASS has a sign');
    expect(found.message).not.toContain('dollar$ign');
  });

  it.each(['blue.env', 'green.env'])('is one whose variable is missing in %s', async (name) => {
    writeFileSync(file(name), `TREE_ID=${CURRENT}\n`);
    const { code, message } = await refused();
    expect(code).toBe('ENVIRONMENT_FILE_INVALID');
    expect(message).toContain(name);
    expect(message).toContain('KEY is not set');
  });

  it.each(['blue.yaml', 'blue.env', 'green.env'])(
    'is one whose password everybody could read in %s',
    async (name) => {
      chmodSync(file(name), 0o644);
      const { code, message } = await refused();
      expect(code).toBe('SECRET_EXPOSED');
      expect(message).toContain(name);
    },
  );

  it('is one of a shard whose signingConfig says nothing', async () => {
    writeFileSync(file('blue.yaml'), `- treeID: ${EARLIER}\n  signingConfig:\n`, { mode: 0o640 });
    expect(await refused()).toMatchObject({
      code: 'SHARDING_FILE_INVALID',
      message: expect.stringContaining(`the signingConfig of tree ${EARLIER} names no signer`) as string,
    });
  });

  it('are two where both slots have to sign alike', async () => {
    writeFileSync(file('green.env'), slotEnvironment('0', '/copy.pem', OLD_PASSWORD));
    const { code, message } = await refused(host(null));
    expect(code).toBe('SIGNERS_DIFFER');
    expect(message).toContain('KEY is not the same');
  });
});

it('no signer is read or written where no variable is named', async () => {
  writeFileSync(file('green.env'), 'TREE_ID=0\n');
  const order = await orderOf(host(null, { signerVariables: undefined }));
  expect(order).not.toHaveProperty('signer');
});
