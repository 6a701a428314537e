import type { FoundProgram } from '../../programs/found-program';
import { soleVariable, valueOf } from '../../programs/variables';
import { filePlace } from './file-place';
import { found, missing, type Setting } from '../settings';

/** The flag of Rekor that names the active tree. */
export const TREE = 'trillian_log_server.tlog_id';
const SHARDING = 'trillian_log_server.sharding_config';

/** Where a person reads how a slot is made. */
export const HOW = 'docs/operating.md, "Two slots", says how.';

/** The variable that holds the active tree, and the file of the slot that sets it. */
export function treeVariable(rekor: FoundProgram) {
  return soleVariable(rekor.flags.get(TREE) ?? '');
}

/** The file that a rotation writes the active tree to. */
export function environmentFileOf(name: string, rekor: FoundProgram): Setting {
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

/** The file that a rotation writes the shards to. */
export function shardingFileOf(name: string, rekor: FoundProgram): Setting {
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
