/** The rules that route lanes, in the dialect that the lanes file wants. */
import type { Lanes } from '../lanes.ts';
import { gatewayApiFiles } from './gateway-api.ts';
import { istioFiles } from './istio.ts';
import type { RuleFile } from './objects.ts';

/** @throws Failure where the dialect cannot say what the lanes file wants */
export function ruleFiles(lanes: Lanes): RuleFile[] {
  return lanes.dialect === 'gateway' ? gatewayApiFiles(lanes) : istioFiles(lanes);
}
