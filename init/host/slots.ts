import type { FoundProgram } from '../../programs/found-program';
import { valueOf } from '../../programs/variables';
import { dividedAddress, joined } from '../address';
import { listens, type Reached } from './reach';
import { secondSlot } from './second-slot';
import { assumed, found, missing, type Section, type Setting } from '../settings';
import { slotCommands } from './slot-commands';
import { environmentFileOf, shardingFileOf, TREE, treeVariable } from './slot-files';
import type { Slot } from './slot-names';
import { freePort, portOf } from './slot-ports';
import { bewareOf } from './slot-warnings';

/** The name of a variable that a configuration takes: config/installation/host.ts. */
const VARIABLE = 'TREE_ID';

/** The installation of one or two slots. */
export function installation(slots: readonly Slot[]): Section {
  const variables = new Set(slots.flatMap(({ rekor }) => treeVariable(rekor)?.name ?? []));
  const [variable = VARIABLE] = variables;
  const [first] = slots;
  const treeIdVariable: Setting =
    variables.size === 1
      ? found('treeIdVariable', variable, `the variable of --${TREE}.`)
      : variables.size === 0
        ? assumed('treeIdVariable', VARIABLE, 'no slot takes its tree from a variable yet.')
        : missing('treeIdVariable', variable, `the slots have several: ${[...variables].join(', ')}.`);
  return {
    key: 'installation',
    remark: 'How the Rekor of this log is run: two slots on this host, which serve in turn.',
    lines: [
      found('kind', 'host', ''),
      treeIdVariable,
      {
        key: 'slots',
        lines: [
          ...slots.map((slot) => slotSection(slot, slots)),
          ...(first && slots.length === 1 ? [secondSlot(first)] : []),
        ],
      },
    ],
  };
}

function slotSection({ name, rekor }: Slot, slots: readonly Slot[]): Section {
  return {
    key: name,
    remark: `From ${rekor.where}.`,
    lines: [
      ...bewareOf(rekor),
      urlOf(rekor, slots),
      environmentFileOf(name, rekor),
      shardingFileOf(name, rekor),
      ...slotCommands(
        name,
        rekor,
        slots.filter((slot) => slot.rekor !== rekor).map((slot) => slot.rekor),
      ),
    ],
  };
}

function urlOf(rekor: FoundProgram, slots: readonly Slot[]): Setting {
  const host = valueOf(rekor, 'rekor_server.address') ?? '127.0.0.1';
  const isKnown = !rekor.flags.has('port') || valueOf(rekor, 'port') !== undefined;
  const divided = dividedAddress(joined(host, portOf(rekor)));
  const reached: Reached =
    divided && isKnown
      ? listens(rekor, divided.host, divided.port)
      : { reason: `--rekor_server.address and --port of ${rekor.where} are not known` };
  return 'address' in reached
    ? found('url', `http://${reached.address}`, '--rekor_server.address and --port, or their defaults.')
    : missing('url', `http://127.0.0.1:${freePort(rekor, slots)}`, `${reached.reason}.`);
}
