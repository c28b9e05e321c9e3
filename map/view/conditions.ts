/** What a rule asks of a request, for the page to say in the reader's language. */
import type { HttpMatch, UriMatch, ValueMatch } from '../../mesh/rules/model.ts';
import type { ConditionView } from '../protocol.ts';

/** All of them have to hold; none: every request. */
export function conditionsOf(match: HttpMatch): ConditionView[] {
  return [
    ...(match.uri && !isAnyPath(match.uri) ? [condition({ of: 'path' }, match.uri)] : []),
    ...(match.method ? [condition({ of: 'method' }, match.method)] : []),
    ...(match.authority ? [condition({ of: 'host' }, match.authority)] : []),
    ...(match.scheme ? [condition({ of: 'scheme' }, match.scheme)] : []),
    ...[...match.headers].map(([name, value]) => condition({ of: 'header', name }, value)),
    ...[...match.withoutHeaders].map(([name, value]) => ({
      ...condition({ of: 'header', name }, value),
      not: true as const,
    })),
    ...[...match.queryParams].map(([name, value]) => condition({ of: 'query', name }, value)),
    ...(match.port === undefined ? [] : [exactly({ of: 'port' }, String(match.port))]),
    ...Object.entries(match.sourceLabels).map(([name, value]) => exactly({ of: 'caller', name }, value)),
    ...(match.sourceNamespace === undefined
      ? []
      : [exactly({ of: 'caller', name: 'namespace' }, match.sourceNamespace)]),
    ...(match.gateways ? [exactly({ of: 'gateway' }, match.gateways.join(', '))] : []),
  ];
}

type Subject = Pick<ConditionView, 'of' | 'name'>;

function condition(subject: Subject, match: UriMatch | ValueMatch): ConditionView {
  return { ...subject, is: match.type, ...(match.type !== 'present' && { value: match.value }) };
}

function exactly(subject: Subject, value: string): ConditionView {
  return condition(subject, { type: 'exact', value });
}

/** The colour that a match asks for and nothing else. */
export function colorOf(match: HttpMatch, header: string): string | undefined {
  // Of an HTTPRoute's parent, so that of all its routes.
  const { port: _, ...rest } = match;
  const [only, ...others] = conditionsOf(rest);
  if (others.length > 0 || only?.of !== 'header' || only.name !== header || only.not) return undefined;
  return only.is === 'exact' ? only.value : undefined;
}

/** What an HTTPRoute asks for that says nothing. */
function isAnyPath({ type, value }: UriMatch): boolean {
  return type === 'prefix' && value === '/';
}
