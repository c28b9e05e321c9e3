/** Faults for no request: without a percentage Istio injects none. */
import type { RuleSet } from '../rules/model.ts';
import { about, type Remark } from './remark.ts';

export function idleFaults({ virtualServices }: RuleSet): Remark[] {
  return virtualServices.flatMap((rule) =>
    rule.http.flatMap(({ fault, place }, i) =>
      (['delay', 'abort'] as const)
        .filter((kind) => fault?.[kind]?.percent === 0)
        .map((kind) => ({
          code: 'fault-hits-nobody' as const,
          place,
          object: about(rule),
          field: `spec.http[${i}].fault.${kind}`,
          message: 'without a percentage above 0 no request gets it',
          wayOut: 'write percentage: { value: 100 }',
        })),
    ),
  );
}
