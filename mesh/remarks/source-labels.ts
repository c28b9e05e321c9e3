/** Conditions on the caller's labels where no caller's labels are looked at. */
import { selects } from '../routing/visibility.ts';
import type { HttpMatch, RuleSet, VirtualService } from '../rules/model.ts';
import { about, type Remark } from './remark.ts';
import type { Views } from './views.ts';

/** https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPMatchRequest, source_labels */
export function idleSourceLabels({ virtualServices }: RuleSet, views: Views): Remark[] {
  return virtualServices.flatMap((rule) =>
    rule.http.flatMap(({ match }, i) =>
      match.flatMap((one, j): Remark[] => {
        if (Object.keys(one.sourceLabels).length === 0) return [];
        const what = one.gateways?.length ? besideGateways : atGateway(rule, one, views);
        const at = {
          place: one.place,
          object: about(rule),
          field: `spec.http[${i}].match[${j}].sourceLabels`,
        };
        return what ? [{ ...what, ...at }] : [];
      }),
    ),
  );
}

type Said = Pick<Remark, 'code' | 'message' | 'wayOut'>;

const besideGateways: Said = {
  code: 'source-labels-beside-gateways',
  message: 'does not count beside gateways in the same match: every caller gets this route',
  wayOut: 'leave gateways out of the match',
};

/** Where only gateways get the rule, and none has these labels itself. */
function atGateway(rule: VirtualService, { sourceLabels }: HttpMatch, views: Views): Said | undefined {
  if (rule.gateways.includes('mesh')) return undefined;
  if (views.of(rule).some(({ proxy }) => selects(sourceLabels, proxy.labels))) return undefined;
  return {
    code: 'source-labels-at-gateway',
    message: 'a gateway compares it with the labels of its own pod, so no request gets this match',
    wayOut: 'add mesh to the gateways of the rule, or match by a header',
  };
}
