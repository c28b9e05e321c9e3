/** The document of a rule in the text of a file. */
import { Composer, type Document } from 'yaml';
import { parseAsKubectl } from '../../mesh/rules/flow-colons.ts';
import { Refusal } from '../source.ts';

/** Which rule of a file. */
export interface RuleTarget {
  name: string;
  namespace: string;
  /** Of documents that name none. */
  defaultNamespace: string;
}

/** @throws Refusal where it is not there */
export function ruleIn(text: string, kind: string, target: RuleTarget): Document.Parsed {
  const { name, namespace, defaultNamespace } = target;
  const found = documentsIn(text).find(
    (document) =>
      document.get('kind') === kind &&
      document.getIn(['metadata', 'name']) === name &&
      (document.getIn(['metadata', 'namespace']) || defaultNamespace) === namespace,
  );
  if (!found) throw notEditable(kind, target);
  return found;
}

/** All of a file as they are read when they are put in force, with the tokens that they were made from. */
export function documentsIn(text: string): Document.Parsed[] {
  const composer = new Composer({ merge: true, keepSourceTokens: true });
  return [
    ...composer.compose(
      parseAsKubectl(text, () => {}),
      false,
      text.length,
    ),
  ];
}

/** For a rule whose text is not what an edit works on. */
export function notEditable(kind: string, { namespace, name }: RuleTarget): Refusal {
  const where = 'is no longer there, or not in a form that can be edited here';
  return new Refusal(409, `${kind} ${namespace}/${name} ${where}.`);
}
