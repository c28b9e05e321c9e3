/** DestinationRule: https://istio.io/latest/docs/reference/config/networking/destination-rule/ */
import { z } from 'zod';
import { exportToCheck } from './export-to.ts';
import { across, say, text } from './fields.ts';
import { hostProblem, isLabel, resolveHost } from './hosts.ts';
import { labels, selectorLabels } from './labels.ts';
import type { DestinationRule, Place, WrittenOutlierDetection } from './model.ts';
import { ruleKind } from './object.ts';
import { toOutlierDetection } from './outlier-detection.ts';
import { formatPath, type Path } from './problem.ts';
import { shape } from './shape.ts';
import { toPortPolicies, toTrafficPolicy, trafficPolicy } from './traffic-policy.ts';

const spec = across(
  shape('DestinationRule', {
    host: text(hostProblem),
    exportTo: z.array(z.string()).optional(),
    trafficPolicy: trafficPolicy.optional(),
    subsets: z
      .array(
        shape('Subset', {
          name: text((name) =>
            isLabel(name) ? undefined : `${JSON.stringify(name)}: not a name for a subset`,
          ),
          labels: labels.optional(),
          trafficPolicy: trafficPolicy.optional(),
        }),
      )
      .optional(),
    workloadSelector: shape('WorkloadSelector', { matchLabels: selectorLabels.optional() }).optional(),
  }),
  ['subsets'],
  ({ subsets = [] }, ctx) => {
    for (const [i, { name }] of subsets.entries()) {
      const first = subsets.findIndex((other) => other.name === name);
      if (first < i) say(ctx, ['subsets', i, 'name'], `${name}: subsets[${first}] has this name already`);
    }
  },
);

export const destinationRule = ruleKind<typeof spec, DestinationRule>(
  'DestinationRule',
  spec,
  {
    reads: ['exportTo', 'workloadSelector'],
    check: (written, meta, ctx) => {
      exportToCheck().check(written, meta, ctx);
      if (!written.workloadSelector) return;
      for (const [i, entry] of (written.exportTo ?? []).entries()) {
        if (entry === '.' || entry === meta.namespace) continue;
        say(ctx, ['spec', 'exportTo', i], `${entry}: with a workloadSelector only "." is allowed`);
      }
    },
  },
  (written, { at, ...meta }) => ({
    kind: 'DestinationRule',
    ...meta,
    host: resolveHost(written.host, meta.namespace),
    exportTo: written.exportTo ?? [],
    trafficPolicy: written.trafficPolicy && toTrafficPolicy(written.trafficPolicy),
    portPolicies: toPortPolicies(written.trafficPolicy),
    subsets: (written.subsets ?? []).map((subset, i) => ({
      place: at(['subsets', i]),
      name: subset.name,
      labels: subset.labels ?? {},
      trafficPolicy: toTrafficPolicy(subset.trafficPolicy),
      portPolicies: toPortPolicies(subset.trafficPolicy),
    })),
    workloadSelector: written.workloadSelector && (written.workloadSelector.matchLabels ?? {}),
    outlierDetections: [
      ...outlierDetections(written.trafficPolicy, ['trafficPolicy'], at),
      ...(written.subsets ?? []).flatMap(({ name, trafficPolicy }, i) =>
        outlierDetections(trafficPolicy, ['subsets', i, 'trafficPolicy'], at).map((one) => ({
          ...one,
          subset: name,
        })),
      ),
    ],
  }),
);

/** Those of a policy that stands at `path`, its ports included. */
function outlierDetections(
  policy: z.infer<typeof trafficPolicy> | undefined,
  path: Path,
  at: (path: Path) => Place,
): WrittenOutlierDetection[] {
  const levels = [
    { path, level: policy },
    ...(policy?.portLevelSettings ?? []).map((level, i) => ({
      path: [...path, 'portLevelSettings', i],
      level,
    })),
  ];
  return levels.flatMap(({ path, level }) => {
    const written = level?.outlierDetection;
    if (!written) return [];
    const here = [...path, 'outlierDetection'];
    const { consecutiveErrors } = written;
    return {
      place: at(here),
      field: formatPath(['spec', ...here]),
      detection: toOutlierDetection(written),
      ...(consecutiveErrors !== undefined && { consecutiveErrors }),
    };
  });
}
