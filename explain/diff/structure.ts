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
  const keyOf = ({ object, field = '' }: Unreachable) => `${formatName(object)} ${field}`;
  const was = new Set(unreachableRoutes(before.mesh.translated.rules).map(keyOf));
  const owners = new Map(before.objects.map((object) => [formatName(nameOf(object)), object]));
  const told = unreachableRoutes(after.mesh.translated.rules).flatMap((one) => {
    const { object, field = '', message } = one;
    const owner = owners.get(formatName(object));
    const route = routeNamed(after, object, indexIn(field));
    // One that is new takes nothing from anybody; `coloring lint` tells of it.
    if (
      was.has(keyOf(one)) ||
      !owner ||
      !route ||
      !routesOf(before, object).some(({ name }) => name === route)
    )
      return [];
    const [, service = object.name, what = route] = /^([^/.]+)[/.](.+)$/.exec(route) ?? [];
    return [
      {
        type: 'route-unreachable' as const,
        ...{
          service: `${service}.${object.namespace}`,
          what,
          callers: [],
          before: '',
          after: message,
          object,
        },
        owner: ownerInWords(owner),
      },
    ];
  });
  // An HTTPRoute is a rule of each of its hosts.
  return [...new Map(told.map((one) => [JSON.stringify(one), one])).values()];
}

type Unreachable = ReturnType<typeof unreachableRoutes>[number];

/** Of `spec.http[2]`. */
function indexIn(field: string): number {
  return Number(/\[(\d+)\]/.exec(field)?.[1]);
}

/** The routes that somebody has written, by their place among its own. */
function routesOf(
  { mesh }: Side,
  { kind, namespace, name }: ObjectName,
): { index: number; name: string | undefined }[] {
  return mesh.translated.rules.virtualServices.flatMap((rule) =>
    rule.http.flatMap(({ from, name: route }, index) => {
      const of = from ?? { kind: rule.kind, namespace: rule.namespace, name: rule.name, rule: index };
      const isIts = of.kind === kind && of.namespace === namespace && of.name === name;
      return isIts ? [{ index: of.rule, name: route }] : [];
    }),
  );
}

function routeNamed(side: Side, object: ObjectName, index: number): string | undefined {
  return routesOf(side, object).find((route) => route.index === index)?.name;
}
