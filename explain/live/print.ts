/** A cluster's answer as text, and as data. */
import { styled } from '../../lanes/paint.ts';
import { formatRemark } from '../../mesh/remarks/remarks.ts';
import { hopAsData } from '../as-data.ts';
import { endingLines, type Naming, proxyLines } from '../lines.ts';
import type { LiveAnswer } from './ask.ts';
import type { Admission } from './callee.ts';
import type { Comparison } from './compare.ts';

/** @param comparison where the caller's Envoy was asked as well */
export function printAnswer(answer: LiveAnswer, comparison?: Compared): string {
  const { caller, head, proxied, endings } = answer;
  const title = `${callerName(answer)}: ${head.method} ${head.scheme}://${head.authority}${head.path}`;
  const lines = [
    styled('bold', title),
    ...(caller.without ? [`   no sidecar, so no rules: ${caller.without}`] : []),
    ...(proxied ? proxyLines(proxied, naming) : endingLines(endings, naming)),
    ...answer.admissions.flatMap(admissionLines),
    ...(comparison ? comparisonLines(comparison) : []),
    ...answer.remarks.map((remark) => `   ${styled('yellow', '!')} ${formatRemark(remark)}`),
    ...answer.notes.map((note) => `   ${styled('dim', '·')} ${note}`),
    ...answer.notJudged.map((line) => `   ${styled('yellow', '?')} not judged: ${line}`),
    ...answer.notSeen.map((line) => `   ${styled('yellow', '?')} not seen: ${line}`),
  ];
  return lines.join('\n');
}

type Compared = Comparison | { refused: string };

function comparisonLines(comparison: Compared): string[] {
  if ('refused' in comparison) {
    return [`   ${styled('yellow', '?')} its Envoy cannot be asked: ${comparison.refused}`];
  }
  const since = comparison.since ? ` (since ${comparison.since})` : '';
  if (comparison.verdict === 'same')
    return [`   ${styled('green', '=')} its Envoy has just these routes${since}`];
  const why =
    comparison.verdict === 'behind'
      ? `is behind: ${comparison.changed}`
      : 'has others: either this is wrong or istiod is';
  return [
    `   ${styled('red', '≠')} its Envoy ${why}${since}`,
    ...comparison.differences.map((line) => `     ${line}`),
  ];
}

function admissionLines({ pod, policies, refusal }: Admission): string[] {
  const says = policies.map(({ policy, action, matches }) => {
    const takes = { true: 'takes this request', false: 'does not take this request' }[String(matches)];
    return `     ${policy} (${action}) ${takes ?? 'cannot be judged from outside'}`;
  });
  if (says.length === 0 && refusal === undefined) return [];
  return [`   at ${pod}${refusal ? `: ${refusal}` : ''}`, ...says];
}

/** What {@link printAnswer} says, field by field. */
export function answerAsData(answer: LiveAnswer, comparison?: Compared) {
  const { caller, head, proxied, endings, admissions, remarks, notes, notJudged, notSeen } = answer;
  return {
    caller: {
      namespace: caller.pod.metadata.namespace,
      pod: caller.pod.metadata.name,
      proxy: caller.proxy?.type,
    },
    request: {
      method: head.method,
      authority: head.authority,
      path: head.path,
      port: head.port,
      headers: head.headers,
    },
    ...hopAsData(proxied, endings, (answerers) =>
      answerers.map((one) =>
        one.type === 'outside' ? { outside: one.address } : { host: one.host, endpoint: one.endpoint.name },
      ),
    ),
    admissions,
    remarks,
    notes,
    notJudged,
    notSeen,
    envoy: comparison,
  };
}

/** Pods by their names. */
const naming: Naming = (answerers) => [
  ...new Set(
    answerers.flatMap((answerer) => {
      if (answerer.type === 'outside') return [];
      const { name, labels } = answerer.endpoint;
      return [labels.version ? `${name} (version ${labels.version})` : name];
    }),
  ),
];

function callerName({ caller: { pod, proxy } }: LiveAnswer): string {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  if (!proxy) return `${name}, no sidecar`;
  return proxy.type === 'gateway' ? `gateway ${name}` : `sidecar of ${name}`;
}
