/** A comparison in words, a line each. */
import { kindOf, usualKindName } from '../cluster/kind.ts';
import { styled } from '../lanes/paint.ts';
import type { Dialect } from './generate.ts';
import { type Mutation, unseen } from './mutate.ts';
import { type Outcome, unsteadyAllowed, weigh } from './repeat.ts';
import type { Disagreement } from './validate.ts';

/** A line that says whether something is right. */
export function judged(isRight: boolean, text: string): string {
  return `${isRight ? styled('green', '✓') : styled('red', '✗')} ${text}`;
}

/** Names what differed again, and what never did again. */
export function outcomeLines<T>(outcomes: readonly Outcome<T>[], nameOf: (one: T) => string): string[] {
  const { unsteady, differing, isUnsteady } = weigh(outcomes);
  const lines = [
    ...unsteady.flatMap(({ one, first }) => [
      `${styled('yellow', '~')} unsteady, differed at first and never again: ${nameOf(one)}`,
      ...first.map(indented),
    ]),
    ...differing.flatMap(({ one, again }) => [
      judged(false, `differs: ${nameOf(one)}`),
      ...again.map(indented),
    ]),
  ];
  if (!isUnsteady) return lines;
  const most = `more than the ${unsteadyAllowed} that may be chance`;
  return [...lines, judged(false, `${unsteady.length} unsteady: ${most}`)];
}

/** Why cases or requests are not compared, and how the cluster gets what it lacks. */
export function noCrds(context: string): string {
  const name = kindOf(context);
  const how = name
    ? `npx coloring kind up ${name === usualKindName ? '' : `--name ${name} `}--gateway-api-crds FILE`
    : 'kubectl apply --server-side --filename FILE';
  return `as the cluster has no CRDs of the Gateway API for them (${how}; \`retry\` is of the experimental channel)`;
}

/** What is compared, by dialect. */
export const generated: Readonly<Record<Dialect, string>> = {
  istio: 'generated decisions with VirtualServices',
  gateway: 'generated decisions with HTTPRoutes and GRPCRoutes',
};

/** Fields that no case shows the effect of, and those that are said to be so and are not. */
export function mutationLines({ notShown, seen }: Mutation): string[] {
  const sum = `${notShown.length} fields that no case shows the effect of`;
  return [
    ...Object.entries(unseen).map(([field, why]) => `- ${field}: ${why}`),
    ...notShown.map((field) => judged(false, `${field}: no case fails without it`)),
    ...seen.map((field) => judged(false, `${field}: a case does show it`)),
    judged(
      notShown.length + seen.length === 0,
      `${sum}, but for ${Object.keys(unseen).length} that none can`,
    ),
  ];
}

export function disagreementLines({ rule, local, istioctl }: Disagreement): string[] {
  return [
    indented(JSON.stringify(rule.spec)),
    indented(`  local mesh: ${local ?? 'valid'}`),
    indented(`  istioctl: ${istioctl ?? 'valid'}`),
  ];
}

export function indented(line: string): string {
  return `    ${line}`;
}
