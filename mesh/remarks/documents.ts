/** Documents that are read and not run: kinds of Istio that change no answer here, and other objects of Kubernetes. */
import type { RuleSet } from '../rules/model.ts';
import type { Remark } from './remark.ts';

/** Services that routes name are part of the rules. */
export function documents({ ignored, gatewayApi }: RuleSet): Remark[] {
  const named = new Set(gatewayApi.services.map(({ place }) => `${place.file}:${place.line}`));
  const aside = ignored.filter(({ place }) => !named.has(`${place.file}:${place.line}`));
  return aside.map(({ kind, namespace, name, place, notRun }) => ({
    code: notRun === undefined ? 'not-a-rule' : 'not-run-here',
    place,
    object: { kind, namespace, name },
    message: notRun === undefined ? 'not a rule, left aside' : `not run here: ${notRun}`,
  }));
}
