import { instanceOf } from '../programs/readers/systemd-unit';
import { filePlace } from './file-place';
import type { FoundProgram } from '../programs/found-program';
import { dividedAddress, joined, listens, type Reached } from './reach';
import { assumed, found, missing, type Line, type Section, type Setting } from './settings';
import { slotCommands } from './slot-commands';
import { soleVariable, valueOf } from '../programs/variables';

/** A Rekor that was found, with the name of its slot. */
export interface Slot {
  readonly name: string;
  readonly rekor: FoundProgram;
}

/** The name of a variable that a configuration takes: config/installation/host.ts. */
const VARIABLE = 'TREE_ID';
const TREE = 'trillian_log_server.tlog_id';
const SHARDING = 'trillian_log_server.sharding_config';
const HOW = 'docs/operating.md, "Two slots", says how.';

/** Names slots after their units or services; where these say nothing, blue and green. */
export function namedSlots(rekors: readonly FoundProgram[]): Slot[] {
  const [one = '', other = ''] = rekors.map(({ run }) => ownName(run));
  let same = 0;
  while (same < one.length && one[same] === other[same]) same += 1;
  const names = rekors.map(({ run }) => {
    const ofName = instanceOf(ownName(run)) ?? /(?:^|[-_.])(blue|green)$/.exec(ownName(run))?.[1];
    return rekors.length === 1
      ? ofName
      : (ofName ??
          ownName(run)
            .slice(same)
            .replace(/^[-_.]+/, ''));
  });
  const isFit = (name: string | undefined): boolean => /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(name ?? '');
  const fit = names.filter(isFit);
  if (fit.length === names.length && new Set(names).size === names.length) {
    return rekors.map((rekor, place) => ({ rekor, name: names[place] ?? 'blue' }));
  }
  // One that has a name keeps it, so that no example of the other is made of it.
  const [kept] = fit.length === 1 ? fit : [];
  const free = ['blue', 'green'].filter((name) => name !== kept);
  return rekors.map((rekor, place) => {
    const own = names[place];
    return { rekor, name: own !== undefined && own === kept ? own : (free.shift() ?? 'green') };
  });
}

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

/** The port that Rekor listens at, of its own. */
export function portOf(rekor: FoundProgram): number {
  return Number(valueOf(rekor, 'port') ?? '3000');
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

/** The variable that holds the active tree, and the file of the slot that sets it. */
function treeVariable(rekor: FoundProgram) {
  return soleVariable(rekor.flags.get(TREE) ?? '');
}

function environmentFileOf(name: string, rekor: FoundProgram): Setting {
  const { run, where } = rekor;
  const example = `/etc/rekor/${name}.env`;
  const tree = rekor.flags.get(TREE);
  const variable = treeVariable(rekor);
  if (tree === undefined) {
    const elsewhere = rekor.flags.has('config') ? ' Its --config file may have it.' : '';
    return missing(
      'environmentFile',
      example,
      `${where} has no --${TREE}, so Rekor may make a new tree at each start.${elsewhere} Take it from a variable of this file: ${HOW}`,
    );
  }
  if (variable === undefined) {
    const shown = /^\d{1,19}$/.test(tree) ? ` (${tree})` : '';
    return missing(
      'environmentFile',
      example,
      `--${TREE} is written out in ${where}${shown}. Take it from a variable of this file instead: ${HOW}`,
    );
  }
  const isOfProject = run.by === 'compose' && !variable.ofContainer;
  const file = isOfProject ? undefined : rekor.fileOf(variable.name);
  const shared = isOfProject ? ' Compose takes it from .env, which both slots would share.' : '';
  return file === undefined
    ? missing(
        'environmentFile',
        example,
        `${where} takes its tree from ${variable.name}, and no file of its own sets that.${shared} ${HOW}`,
      )
    : found('environmentFile', file, `it sets ${variable.name}.`);
}

function shardingFileOf(name: string, rekor: FoundProgram): Setting {
  const example = `/etc/rekor/${name}-sharding.yaml`;
  const named = valueOf(rekor, SHARDING);
  const { where } = rekor;
  if (named === undefined) {
    return missing('shardingFile', example, `${where} has no --${SHARDING}. Both slots need it: ${HOW}`);
  }
  const place = filePlace(rekor, named);
  if ('path' in place) return found('shardingFile', place.path, `--${SHARDING}.`);
  if ('configMap' in place) {
    const file = place.file === undefined ? '' : ` in ${place.file}`;
    return missing(
      'shardingFile',
      example,
      `the list is the key ${place.key} of ConfigMap ${place.configMap}${file}. A rotation writes a file that has the list alone: mount one by hostPath instead.`,
    );
  }
  return missing(
    'shardingFile',
    example,
    `--${SHARDING} is a path ${place.unknown === 'relative' ? 'that counts from an unknown folder' : 'inside of the container, of no folder that is mounted'}: ${named}.`,
  );
}

function bewareOf(rekor: FoundProgram): Line[] {
  const { flags, run, where } = rekor;
  return [
    ...(valueOf(rekor, 'rekor_server.signer') === 'memory'
      ? [
          {
            beware: `${where} has --rekor_server.signer=memory: a new key at each start. No rotation begins.`,
          },
        ]
      : []),
    ...(flags.has('config') ? [{ beware: `${where} has --config. What that file sets was not read.` }] : []),
    ...(run.by === 'compose' && run.startsWithDocker
      ? [
          {
            beware: `${where} has restart: always, which starts a stopped slot with Docker. Use unless-stopped.`,
          },
        ]
      : []),
    ...(run.by === 'podman'
      ? [
          {
            beware: `whatever wrote ${run.manifest} may write it again, and take a rotation back. Change it there, too.`,
          },
        ]
      : []),
  ];
}

/** Made of the slot that is there, whose name is in its files and commands, or is added. */
function secondSlot(first: Slot): Section {
  const name = first.name === 'green' ? 'blue' : 'green';
  const other = (text: string): string =>
    text.includes(first.name)
      ? text.replaceAll(first.name, name)
      : text.replace(/(\.\w+)?$/, (end: string) => `-${name}${end}`);
  const unit = first.rekor.run.by === 'systemd' ? other(first.rekor.run.unit.name) : `rekor@${name}`;
  const files = [environmentFileOf(first.name, first.rekor), shardingFileOf(first.name, first.rekor)];
  return {
    key: name,
    missing: `a second Rekor. It is the same again on another port, with files of its own, and stopped. ${HOW}`,
    lines: [
      missing('url', `http://127.0.0.1:${otherPort(first.rekor)}`, 'Another port.'),
      ...files.map(({ key, value }) =>
        missing(key, typeof value === 'string' ? other(value) : value, 'A file of its own.'),
      ),
      ...(['start', 'stop'] as const).map((verb) =>
        missing(verb, ['systemctl', verb, unit], 'As for the other slot.'),
      ),
      missing(
        'status',
        ['systemctl', 'is-active', '--quiet', unit],
        'Exits 0 when it runs, 1 to 3 when not.',
      ),
    ],
  };
}

/** A port for the second slot, beside that of the first as the host sees it. */
export function otherPort(rekor: FoundProgram): number {
  const { ports } = rekor;
  const port = ports === 'host' ? portOf(rekor) : (ports.get(portOf(rekor)) ?? 3001);
  return port < 65535 ? port + 1 : 3001;
}

/** An example, so it must be none that a slot has, and another for each slot. */
function freePort(rekor: FoundProgram, slots: readonly Slot[]): number {
  const taken = slots.map((slot) => otherPort(slot.rekor) - 1);
  const free = [3001, 3002, 3003, 3004].filter((port) => !taken.includes(port));
  return free[slots.findIndex((slot) => slot.rekor === rekor)] ?? 3001;
}

function ownName(run: FoundProgram['run']): string {
  if (run.by === 'systemd') return run.unit.name;
  if (run.by === 'compose') return run.service;
  return run.by === 'podman' ? (run.unit?.name ?? '') : '';
}
