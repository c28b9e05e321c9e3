/** Circuit breaking, switched on and off in the text of a DestinationRule. */
import { isMap, type YAMLMap } from 'yaml';
import { notEditable, type RuleTarget, ruleIn } from './find-rule.ts';
import { flow } from './flow.ts';
import { deleteField, setField } from './text-edits.ts';

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

/**
 * The text with circuit breaking for the whole service, or without: other fields of its trafficPolicy stay.
 * @throws Refusal where the rule is not there, or is written in a form that cannot be edited here
 */
export function editBreaking(text: string, target: RuleTarget, on: boolean): string {
  const specOf = (changed: string): YAMLMap => {
    const spec = ruleIn(changed, 'DestinationRule', target).get('spec');
    if (isMap(spec)) return spec;
    throw notEditable('DestinationRule', target);
  };
  const policyOf = (changed: string) => specOf(changed).get('trafficPolicy') as YAMLMap | undefined;
  const policy = policyOf(text);
  if (!isMap(policy)) return on ? setField(text, specOf(text), 'trafficPolicy', flow(fields)) : text;
  const isAll = policy.items.every(({ key }) => String(key) in fields);
  if (!on && isAll) return deleteField(text, specOf(text), 'trafficPolicy');
  return Object.entries(fields).reduce((changed, [field, value]) => {
    const now = policyOf(changed) as YAMLMap;
    return on ? setField(changed, now, field, flow(value)) : deleteField(changed, now, field);
  }, text);
}
