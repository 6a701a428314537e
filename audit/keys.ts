import type { LogKey } from '../activities/verification/log-key';
import type { TreeId } from '../workflows/model/log';
import { shown } from '../workflows/model/shown';
import type { Instance } from './instance';
import type { AuditFinding } from './model/finding';

/** In what the keys of one log's instances contradict each other, or what clients trust. */
export function keyFindings(instances: readonly Instance[], trusted: readonly LogKey[]): AuditFinding[] {
  const firstKeys = new Map<TreeId, { readonly address: string; readonly logId: string }>();
  const findings: AuditFinding[] = [];
  for (const { address, keys } of instances) {
    for (const [treeId, { logId }] of keys) {
      const first = firstKeys.get(treeId);
      const where = `Shard ${treeId}`;
      if (!first) firstKeys.set(treeId, { address, logId });
      else if (first.logId !== logId) {
        const what = `it is signed with the key ${short(logId)}, and with ${short(first.logId)} at ${first.address}`;
        findings.push({ code: 'KEYS_DIFFER', address, where, what });
      }
      if (trusted.length > 0 && !trusted.some((key) => key.logId === logId)) {
        const what = `it is signed with the key ${short(logId)}, which is none of those that you gave`;
        findings.push({ code: 'KEY_NOT_TRUSTED', address, where, what });
      }
    }
  }
  return [...findings, ...(trusted.length === 0 ? changes(instances[0]) : []), ...hostnames(instances)];
}

/** Shards of one instance with another key than the active one. */
function changes(instance: Instance | undefined): AuditFinding[] {
  const { address = '', view, keys } = instance ?? {};
  const active = keys?.get(view?.trees.at(-1)?.treeId ?? '');
  if (!keys || !active) return [];
  return [...keys].flatMap(([treeId, { logId }]) =>
    logId === active.logId
      ? []
      : [
          {
            ...({ code: 'KEY_CHANGES', address, where: `Shard ${treeId}` } as const),
            what: `it is signed with the key ${short(logId)}, and the active one with ${short(active.logId)}`,
          },
        ],
  );
}

/** Names under which checkpoints of one log are signed. */
function hostnames(instances: readonly Instance[]): AuditFinding[] {
  const names = instances.flatMap(({ address, heads }) =>
    [...heads.values()].map(({ hostname }) => ({ address, hostname })),
  );
  const [first] = names;
  const other = names.find(({ hostname }) => hostname !== first?.hostname);
  if (!first || !other) return [];
  const what = `it signs as ${shown(other.hostname)}, and ${first.address} as ${shown(first.hostname)}`;
  return [{ code: 'HOSTNAMES_DIFFER', address: other.address, where: 'The name in checkpoints', what }];
}

function short(logId: string): string {
  return `${logId.slice(0, 16)}...`;
}
