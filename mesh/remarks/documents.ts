/** Documents that are read and not run: kinds of Istio that change no answer here, and other objects of Kubernetes. */
import type { RuleSet } from '../rules/model.ts';
import type { Remark } from './remark.ts';

export function documents({ ignored }: RuleSet): Remark[] {
  return ignored.map(({ kind, namespace, name, place, notRun }) => ({
    code: notRun === undefined ? 'not-a-rule' : 'not-run-here',
    place,
    object: { kind, namespace, name },
    message: notRun === undefined ? 'not a rule, left aside' : `not run here: ${notRun}`,
  }));
}
