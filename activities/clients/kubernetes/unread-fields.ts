import { parse } from 'yaml';

/**
 * What a kubeconfig may say of a user (kubernetes: client-go/tools/clientcmd/api/v1/types.go `AuthInfo`) and client-node 2.0.1
 * passes over (its config_types.ts): it would come as somebody else, or as nobody.
 */
const PASSED_OVER = ['tokenFile', 'as-groups', 'as-uid', 'as-user-extra'];

/** Those of a user of this kubeconfig, by their names. */
export function unreadFields(kubeconfig: string, user: string): readonly string[] {
  const { users } = parse(kubeconfig, { logLevel: 'silent' }) as { users?: readonly Entry[] };
  const given = users?.find(({ name }) => name === user)?.user ?? {};
  return PASSED_OVER.filter((field) => given[field] !== undefined && given[field] !== null);
}

interface Entry {
  readonly name?: unknown;
  readonly user?: Readonly<Record<string, unknown>> | null;
}
