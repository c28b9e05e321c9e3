/** Somebody with a role in the lanes' namespace, and no other right. */
import { parse, stringify } from 'yaml';
import type { TestCluster } from './test-cluster.ts';

/** Makes a ServiceAccount `name`, binds it to the Role. @returns its kubeconfig */
export async function configOfUser(test: TestCluster, name: string, role: string): Promise<string> {
  const create = (...args: string[]) => test.kubectl('create', ...args);
  await create('serviceaccount', name);
  await create('rolebinding', name, `--role=${role}`, `--serviceaccount=${test.namespace}:${name}`);
  const token = await create('token', name);
  const view = ['config', 'view', '--raw', '--minify', '--flatten'];
  const config = parse(await test.kubectl(...view)) as { users: { user: unknown }[] };
  for (const one of config.users) one.user = { token };
  return stringify(config);
}
