/** What a route asks of a request, in the reader's language. */
import type { ConditionView } from '../protocol.ts';
import { words } from './words.ts';

/** `project-version = release-v1, path begins with /api`; several matches with | between them. */
export function matchesWords(matches: readonly (readonly ConditionView[])[]): string {
  return matches.map((all) => all.map(conditionWords).join(words.value.comma)).join(' | ');
}

function conditionWords({ of, name = '', is, value = '', not }: ConditionView): string {
  const { subjects, verbs, has, hasNot, doesNotHold } = words.value.conditions;
  const subject = subjects[of] + name;
  if (is === 'present') return `${not ? hasNot : has} ${subject}`;
  return `${not ? `${doesNotHold} ` : ''}${subject} ${verbs[is]} ${value}`;
}
