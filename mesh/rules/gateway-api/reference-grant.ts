/** ReferenceGrant: https://gateway-api.sigs.k8s.io/reference/spec/#referencegrant */
import { ruleKind } from '../object.ts';
import { shape } from '../shape.ts';
import type { ReferenceGrant } from './model.ts';
import { anyName, groupName, kindName, list, namespaceName } from './names.ts';

const spec = shape('GatewayAPI.ReferenceGrant', {
  from: list(
    shape('GatewayAPI.ReferenceGrantFrom', { group: groupName, kind: kindName, namespace: namespaceName }),
    16,
  ),
  to: list(
    shape('GatewayAPI.ReferenceGrantTo', { group: groupName, kind: kindName, name: anyName.optional() }),
    16,
  ),
});

export const referenceGrant = ruleKind<typeof spec, ReferenceGrant>(
  'ReferenceGrant',
  spec,
  { reads: [], check: () => {} },
  ({ from, to }, { at: _, ...meta }) => ({
    kind: 'ReferenceGrant',
    ...meta,
    from,
    to: to.map(({ name, ...rest }) => ({ ...rest, ...(name !== undefined && { name }) })),
  }),
);
