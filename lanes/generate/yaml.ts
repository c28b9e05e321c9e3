/** Generated objects as YAML that a person likes to read. */
import { readableYaml } from '../readable-yaml.ts';
import type { IstioObject } from './objects.ts';

export function toYaml(objects: readonly IstioObject[]): string {
  return objects
    .map(({ comment, ...object }) => `# ${comment}\n${readableYaml(object, { levels: 2, version: '1.1' })}`)
    .join('---\n');
}
