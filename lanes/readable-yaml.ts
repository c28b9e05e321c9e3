/** YAML as a person would write it: what fits into a line stands in one. */
import { Document, isCollection, visit } from 'yaml';

const shortLine = 80;

interface ReadableOptions {
  /** How many levels from the top always stand below each other; default 1. */
  levels?: number;
  /** As kubectl reads it: there an unquoted `yes` is a boolean. */
  version?: '1.1' | '1.2';
}

export function readableYaml(value: unknown, { levels = 1, version = '1.2' }: ReadableOptions = {}): string {
  // Equal parts are written out, not anchored.
  const document = new Document(value, { version, aliasDuplicateObjects: false });
  visit(document, {
    Collection(_, node, path) {
      const isInside = path.filter(isCollection).length >= levels;
      if (isInside && JSON.stringify(node.toJSON()).length <= shortLine) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 120, directives: false });
}
