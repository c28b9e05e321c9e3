/** What somebody has to be allowed for `lane local`, `lane list` and `lane remove`. */
import { readFile } from 'node:fs/promises';
import { projectFile } from '../../runtime/project.ts';

/** The Role, as YAML with its comments: that which is shipped, role.yaml, for this namespace. */
export async function localLaneRole(namespace: string): Promise<string> {
  const text = await readFile(projectFile('cluster/local-lane/role.yaml'), 'utf8');
  return text.replaceAll(/(?<=namespace:? )coloring(?= |$)/gm, namespace);
}
