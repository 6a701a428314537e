import { z } from 'zod';
import * as field from '../fields';
import { section } from '../fields';
import type { Kind } from '../kind';
import { at, entriesOf, isSection, together } from '../raw-section';
import type { Told } from '../told';

const TWO_SLOTS = 'exactly two slots, such as blue and green';

const slot = section({
  url: field.origin().describe('Where the Rekor of this slot listens; the gate sends requests there.'),
  environmentFile: field
    .file('a file')
    .describe('The environment file of this slot; a rotation writes treeIdVariable in it and nothing else.'),
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

const schema = section({
  kind: field.kind('host').describe('The log runs in two slots on one host, behind the gate.'),
  treeIdVariable: field
    .text('the name of a variable', /^[A-Za-z_][A-Za-z0-9_]*$/)
    .describe("The variable of both environment files that holds the active tree's id."),
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
      ...entriesOf(slots).flatMap(([name, slot]) =>
        together([...path, 'slots', name], slot, ['enable', 'disable']),
      ),
    ];
  },

  ownPlaces: (installation) =>
    entriesOf(at(installation, ['slots'])).flatMap(([name]) =>
      ['url', 'environmentFile', 'shardingFile'].map((key) => ['slots', name, key]),
    ),
};
