/** Generated objects as YAML that a person likes to read. */
import { Document, isCollection, visit } from 'yaml';
import type { IstioObject } from './objects.ts';

/** What fits into a line stands in one. */
const shortLine = 80;

export function toYaml(objects: readonly IstioObject[]): string {
  return objects.map(written).join('---\n');
}

function written({ comment, ...object }: IstioObject): string {
  // As kubectl reads it: there an unquoted `yes` is a boolean. Equal parts are written out, not anchored.
  const document = new Document(object, { version: '1.1', aliasDuplicateObjects: false });
  visit(document, {
    Collection(_, node, path) {
      const isInside = path.filter(isCollection).length > 1;
      if (isInside && JSON.stringify(node.toJSON()).length <= shortLine) node.flow = true;
    },
  });
  return `# ${comment}\n${document.toString({ lineWidth: 120, directives: false })}`;
}
