import { z } from 'zod';
import * as field from '../fields';
import { section } from '../fields';
import type { Kind } from '../kind';
import { fieldPath, type Path } from '../problems';
import { at, entriesOf, isSection, textAt, together, type Broken } from '../raw-section';
import type { Told } from '../told';

const TWO_SLOTS = 'exactly two slots, such as blue and green';

const slot = section({
  url: field.origin().describe('Where the Rekor of this slot listens; the gate sends requests there.'),
  environmentFile: field
    .file('a file')
    .describe(
      'The environment file of this slot; a rotation writes treeIdVariable and signerVariables in it, nothing else.',
    ),
  shardingFile: field
    .file('a file')
    .describe(
      "The file of Rekor's --trillian_log_server.sharding_config in this slot; a rotation writes it.",
    ),
  start: field
    .command('start')
    .describe('Starts the slot. Must do no harm when it runs, and may return before it serves.'),
  stop: field
    .command('stop')
    .describe('Stops the slot and returns when it has stopped. Must do no harm when it does not run.'),
  status: field
    .command('is-active')
    .describe('Exits 0 when the slot runs and with another code when it does not.'),
  enable: field
    .command('enable')
    .optional()
    .describe('Lets the slot start with the host. Give both or neither of enable and disable.'),
  disable: field.command('disable').optional().describe('Keeps the slot from starting with the host.'),
});

const variable = () => field.text('the name of a variable', /^[A-Za-z_][A-Za-z0-9_]*$/);

const signerVariables = section({
  signer: variable().describe('The variable with what Rekor gets as --rekor_server.signer.'),
  password: variable()
    .optional()
    .describe('That of --rekor_server.signer-passwd; needed where a key file has a password.'),
  tinkKekUri: variable().optional().describe('That of --rekor_server.tink_kek_uri; needed for Tink.'),
  tinkKeyset: variable().optional().describe('That of --rekor_server.tink_keyset_path; needed for Tink.'),
});

const schema = section({
  kind: field.kind('host').describe('The log runs in two slots on one host, behind the gate.'),
  treeIdVariable: variable().describe(
    "The variable of both environment files that holds the active tree's id.",
  ),
  signerVariables: signerVariables
    .optional()
    .describe(
      'The variables of both environment files that hold the signer, each set there, if to nothing. Needed with nextSigner.',
    ),
  slots: z
    .record(
      field.text('a name of small letters, digits and hyphens', /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/),
      slot,
      { error: TWO_SLOTS },
    )
    .meta({ minProperties: 2, maxProperties: 2 })
    .describe('Exactly two, which serve in turn: one serves, the next rotation stages the other.'),
});

/** What programs are told of a log that runs in two slots on a host. */
export type HostConfiguration = Told<z.output<typeof schema>>;

/** A log that runs in two slots on a host. */
export const host: Kind<typeof schema> = {
  schema,

  rules(installation, path) {
    const slots = at(installation, ['slots']);
    const names = entriesOf(slots).map(([name]) => name);
    const found = names.length === 0 ? 'none' : `${names.length} (${names.join(', ')})`;
    return [
      ...(isSection(slots) && names.length !== 2
        ? [{ at: [...path, 'slots'], found, allowed: TWO_SLOTS }]
        : []),
      ...ownVariables(installation, path),
      ...entriesOf(slots).flatMap(([name, slot]) =>
        together([...path, 'slots', name], slot, ['enable', 'disable']),
      ),
    ];
  },

  signerRules(installation, path, nextSigner) {
    const variables = [...path, 'signerVariables'];
    return neededVariables(nextSigner)
      .filter(({ part }) => at(installation, ['signerVariables', part]) === undefined)
      .map(({ part, because }) => ({
        at: [...variables, part],
        found: 'nothing',
        allowed: `the variable of both environment files that holds it, because ${because}`,
      }));
  },

  ownPlaces: (installation) =>
    entriesOf(at(installation, ['slots'])).flatMap(([name]) =>
      ['url', 'environmentFile', 'shardingFile'].map((key) => ['slots', name, key]),
    ),
};

/** Of two parts that stand in one variable the second would overwrite the first. */
function ownVariables(installation: unknown, path: Path): Broken[] {
  const places: Path[] = [
    ['treeIdVariable'],
    ...entriesOf(at(installation, ['signerVariables'])).map(([part]) => ['signerVariables', part]),
  ];
  const names = places.map((place) => textAt(installation, place));
  return places.flatMap((place, index) => {
    const name = names[index];
    const first = name === undefined ? -1 : names.indexOf(name);
    return first < 0 || first === index
      ? []
      : [
          {
            at: [...path, ...place],
            found: `the same as in ${fieldPath([...path, ...(places[first] ?? [])])}`,
            allowed: 'a variable of its own',
          },
        ];
  });
}

/** The parts that a next signer gives values to. */
function neededVariables(nextSigner: unknown) {
  const given = (key: string): boolean => at(nextSigner, [key]) !== undefined;
  return [
    { part: 'signer', needed: nextSigner !== undefined, because: 'nextSigner is given' },
    { part: 'password', needed: given('password'), because: 'nextSigner has a password' },
    { part: 'tinkKekUri', needed: given('tink'), because: 'nextSigner is of Tink' },
    { part: 'tinkKeyset', needed: given('tink'), because: 'nextSigner is of Tink' },
  ].filter(({ needed }) => needed);
}
