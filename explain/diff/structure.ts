/** What a change takes away that no request has to show: subsets, and routes behind one that takes all their requests. */
import { unreachableRoutes } from '../../mesh/remarks/unreachable-routes.ts';
import type { Effect } from './effect.ts';
import { type AnyObject, formatName, nameOf, type ObjectName, ownerInWords } from './objects.ts';
import type { Side } from './side.ts';

export function compareStructure(before: Side, after: Side): Effect[] {
  return [...subsets(before, after), ...unreachable(before, after)];
}

function subsets(before: Side, after: Side): Effect[] {
  const [had, has] = [before, after].map(subsetsOf) as [
    ReturnType<typeof subsetsOf>,
    ReturnType<typeof subsetsOf>,
  ];
  const owners = new Map(before.objects.map((object) => [formatName(nameOf(object)), object]));
  const effect = (
    type: 'subset-lost' | 'subset-added',
    one: { service: string; what: string; object: ObjectName },
  ) => ({
    type,
    ...one,
    callers: [],
    before: '',
    after: '',
    owner: ownerOf(owners.get(formatName(one.object))),
  });
  return [
    ...[...had].filter(([key]) => !has.has(key)).map(([, one]) => effect('subset-lost', one)),
    ...[...has].filter(([key]) => !had.has(key)).map(([, one]) => effect('subset-added', one)),
  ];
}

function ownerOf(object: AnyObject | undefined): string {
  return object ? ownerInWords(object) : '';
}

function subsetsOf({ mesh }: Side): Map<string, { service: string; what: string; object: ObjectName }> {
  return new Map(
    mesh.read.rules.destinationRules.flatMap((rule) =>
      rule.subsets.map(({ name }) => {
        const service = rule.host.replace(/\.svc\.cluster\.local$/, '');
        const object = { kind: 'DestinationRule', namespace: rule.namespace, name: rule.name };
        return [`${service} ${name}`, { service, what: name, object }] as const;
      }),
    ),
  );
}

/** Routes that could be reached before. */
function unreachable(before: Side, after: Side): Effect[] {
  const keyOf = ({ object, field }: ReturnType<typeof unreachableRoutes>[number]) =>
    `${formatName(object)} ${field}`;
  const rules = { before: before.mesh.read.rules, after: after.mesh.read.rules };
  const was = new Set(unreachableRoutes(rules.before).map(keyOf));
  const owners = new Map(before.objects.map((object) => [formatName(nameOf(object)), object]));
  return unreachableRoutes(rules.after)
    .filter((one) => !was.has(keyOf(one)))
    .flatMap(({ object, field = '', message }) => {
      const owner = owners.get(formatName(object));
      const route = routeNamed(after, object, field);
      // One that is new takes nothing from anybody; `coloring lint` tells of it.
      if (!owner || !route || !hasRoute(before, object, route)) return [];
      const [service = '', what = route] = route.includes('/') ? route.split('/') : [object.name];
      return [
        {
          type: 'route-unreachable' as const,
          service,
          what,
          callers: [],
          before: '',
          after: message,
          object,
          owner: ownerInWords(owner),
        },
      ];
    });
}

function routesOf({ mesh }: Side, { namespace, name }: ObjectName) {
  return (
    mesh.read.rules.virtualServices.find((rule) => rule.namespace === namespace && rule.name === name)
      ?.http ?? []
  );
}

function routeNamed(side: Side, object: ObjectName, field: string): string | undefined {
  const [, index = ''] = /\[(\d+)\]/.exec(field) ?? [];
  return routesOf(side, object)[Number(index)]?.name;
}

function hasRoute(side: Side, object: ObjectName, name: string): boolean {
  return routesOf(side, object).some((route) => route.name === name);
}
