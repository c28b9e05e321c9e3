/**
 * What the generators of Argo CD and Flux make of open requests. The engine is Helm's: all three are Go's text/template
 * with sprig's functions.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { helm, type KubernetesObject } from '../charts/tools.ts';

/** An open pull or merge request. */
export interface Request {
  number: number;
  branch: string;
  sha: string;
}

/**
 * What a Go template gives for each of these, as YAML.
 * @param definitions which stand before it, as a template in a range cannot define one
 * @throws with Helm's message
 */
function render(template: string, each: readonly unknown[], definitions = ''): unknown[][] {
  const chart = mkdtempSync(join(tmpdir(), 'expand-'));
  try {
    mkdirSync(join(chart, 'templates'));
    writeFileSync(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: expand\nversion: 0.0.0\n');
    const text = `${definitions}{{- range $index, $_ := .Values.each }}{{ with . }}\n---\nindex: {{ $index }}\n---\n${template}\n{{- end }}{{ end }}`;
    writeFileSync(join(chart, 'templates/each.yaml'), text);
    const made = helm(['template', 'expand', chart, '--values', '-'], JSON.stringify({ each }));
    const results: unknown[][] = each.map(() => []);
    let at = -1;
    for (const document of parseAllDocuments(made)) {
      const value = document.toJS() as { index?: number } | null;
      if (value?.index !== undefined) at = value.index;
      else if (value !== null) results[at]?.push(value);
    }
    return results;
  } finally {
    rmSync(chart, { recursive: true });
  }
}

/** All strings in a value that hold a template. */
function templatesIn(value: unknown): string[] {
  if (typeof value === 'string') return value.includes('{{') ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(templatesIn);
}

/** Each string is a template of its own, as Argo CD has it. */
function filled(value: unknown, texts: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return texts.get(value) ?? value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => filled(one, texts));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, texts)]));
}

/** A copy of `value` for each set of parameters. */
function fill(value: unknown, each: readonly object[]): unknown[] {
  const templates = [...new Set(templatesIn(value))];
  const definitions = templates.map((text, index) => `{{- define "t${index}" }}${text}{{ end }}`);
  const list = templates.map((_, index) => `- {{ include "t${index}" . | toJson }}`);
  const results = render(['texts:', ...list].join('\n'), each, definitions.join('\n'));
  return results.map(([made]) => {
    const { texts } = made as { texts: readonly string[] };
    return filled(value, new Map(templates.map((text, index) => [text, texts[index] ?? ''])));
  });
}

/**
 * Of the pull-request generator, the keys that a template may use.
 * https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Generators-Pull-Request/#template
 */
export function argoParameters({ number, branch, sha }: Request): Record<string, unknown> {
  return {
    number: String(number),
    title: `A change on ${branch}`,
    branch,
    target_branch: 'main',
    head_sha: sha,
    head_short_sha: sha.slice(0, 8),
    head_short_sha_7: sha.slice(0, 7),
    author: 'someone',
    labels: ['lane'],
  };
}

interface Expression {
  key: string;
  operator: 'NotIn';
  values: string[];
}

/** The Applications that an ApplicationSet makes; two of one name are an error there. */
export function applications({ spec }: KubernetesObject, requests: readonly Request[]): KubernetesObject[] {
  const [generator] = spec.generators;
  const found = requests.map(argoParameters);
  const values = fill(generator.pullRequest.values, found) as Record<string, string>[];
  const parameters = found.map((one, index) => ({ ...one, values: values[index] ?? {} }));
  const kept = parameters.filter((one) =>
    (generator.selector.matchExpressions as Expression[]).every(
      ({ key, values: refused }) => !refused.includes(one.values[key.replace('values.', '')] ?? ''),
    ),
  );
  return fill(spec.template, kept) as KubernetesObject[];
}

/**
 * The objects that a ResourceSet makes, the first of each name.
 * https://fluxoperator.dev/docs/crd/resourcesetinputprovider/#type says which inputs a request gives.
 */
export function resources(
  { spec }: KubernetesObject,
  provider: KubernetesObject,
  requests: readonly Request[],
): KubernetesObject[] {
  const [, flags = '', pattern = ''] = /^(\(\?i\))?(.*)$/.exec(provider.spec.filter.excludeBranch) ?? [];
  const excluded = new RegExp(pattern, flags ? 'i' : '');
  const inputs = requests
    .filter(({ branch }) => !excluded.test(branch))
    .map(({ number, branch, sha }) => ({
      id: String(number),
      branch,
      sha,
      author: 'someone',
      title: branch,
    }));
  const template = (spec.resourcesTemplate as string).replaceAll(
    /<<(.*?)>>/g,
    (_, body: string) => `{{${body.replaceAll(/\binputs\./g, '.inputs.')}}}`,
  );
  const made = render(
    template,
    inputs.map((one) => ({ inputs: one })),
  ).flat() as KubernetesObject[];
  return [
    ...new Map(made.toReversed().map((one) => [`${one.kind} ${one.metadata.name}`, one])).values(),
  ].toReversed();
}
