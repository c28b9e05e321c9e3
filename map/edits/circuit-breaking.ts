/** Circuit breaking, switched on and off in the text of a DestinationRule. */
import { isDeepStrictEqual } from 'node:util';
import { Refusal } from '../source.ts';
import type { RuleTarget } from './find-rule.ts';
import { type RuleText, specOf, type Written, withFields } from './rule-text.ts';

/** So tight that it is seen on the map with a few requests a second; lessons/20-circuit-breaking says what they mean. */
const fields = {
  connectionPool: { tcp: { maxConnections: 2 }, http: { http1MaxPendingRequests: 2 } },
  outlierDetection: {
    consecutive5xxErrors: 3,
    interval: '1s',
    baseEjectionTime: '10s',
    maxEjectionPercent: 100,
  },
};

const none = { connectionPool: undefined, outlierDetection: undefined };

/**
 * The text with circuit breaking for the whole service, or without: other fields of its trafficPolicy stay.
 * @throws Refusal where the rule is not there, is written in a form that cannot be edited here, or breaks circuits in a
 * way of its own, which would be lost
 */
export function editBreaking(text: string, target: RuleTarget, on: boolean): string {
  const rule: RuleText = { text, kind: 'DestinationRule', target };
  const policy = specOf(rule).trafficPolicy as Written | undefined;
  if (!policy) return on ? withFields(rule, [], { trafficPolicy: fields }) : text;
  for (const [field, value] of Object.entries(fields))
    if (policy[field] !== undefined && !isDeepStrictEqual(policy[field], value))
      throw hasItsOwn(target, field);
  const names = Object.keys(policy);
  const isAll = names.length > 0 && names.every((name) => name in fields);
  if (!on && isAll) return withFields(rule, [], { trafficPolicy: undefined });
  return withFields(rule, ['trafficPolicy'], on ? fields : none);
}

function hasItsOwn({ namespace, name }: RuleTarget, field: string): Refusal {
  const rule = `DestinationRule ${namespace}/${name}`;
  return new Refusal(409, `${rule} has a ${field} of its own, which would be lost; edit the file.`);
}
