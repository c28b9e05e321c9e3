/** A whole object of one kind: from what was written to the rule that the mesh works with. */
import { z } from 'zod';
import { metadata } from './metadata.ts';
import type { Place, RuleMeta } from './model.ts';
import type { Path } from './problem.ts';
import type { SourceObject } from './source.ts';

/** What the parser has to know about one kind. */
export interface RuleKind<Rule extends RuleMeta> {
  kind: string;
  spec: z.ZodType;
  parse(object: SourceObject): { rule: Rule } | { issues: readonly z.core.$ZodIssue[] };
}

/** Where a part of a spec stands, and what else its parts need to know. */
export interface SpecContext extends RuleMeta {
  /** Takes paths below `spec`. */
  at(path: Path): Place;
}

/** A check of a spec that needs to know the object's name and namespace. */
interface SpecCheck<Spec extends z.ZodType> {
  /** The fields of the spec that it looks at. */
  reads: readonly (keyof z.infer<Spec> & string)[];
  check(spec: z.infer<Spec>, meta: { name: string; namespace: string }, ctx: z.RefinementCtx): void;
}

const topFields = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];

/**
 * Joins the schema of a kind's spec, a check that needs the metadata as well, and the way from the checked spec to
 * the rule. Objects passed to `parse` have a namespace already.
 */
export function ruleKind<Spec extends z.ZodType, Rule extends RuleMeta>(
  kind: string,
  spec: Spec,
  { reads, check }: SpecCheck<Spec>,
  build: (spec: z.infer<Spec>, context: SpecContext, labels: Readonly<Record<string, string>>) => Rule,
): RuleKind<Rule> {
  const read = new Set<unknown>(reads);
  const schema = z
    .object({ apiVersion: z.string(), kind: z.string(), metadata, spec, status: z.unknown().optional() })
    .catchall(z.custom(() => false, { abort: false, params: { known: topFields } }))
    .superRefine(({ spec, metadata }, ctx) => check(spec as z.infer<Spec>, metadata, ctx), {
      when: ({ issues }) =>
        issues.every(
          ({ continue: goesOn, path = [] }) =>
            goesOn || (path.length > 1 && path[0] === 'spec' && !read.has(path[1])),
        ),
    });
  return {
    kind,
    spec,
    parse: (object) => {
      const result = schema.safeParse(object.value, { reportInput: true });
      if (!result.success) return { issues: result.error.issues };
      const { name, namespace, labels } = result.data.metadata;
      const at = (path: Path) => object.place(['spec', ...path]);
      const context = { name, namespace, place: object.place([]), at };
      return { rule: build(result.data.spec as z.infer<Spec>, context, labels ?? {}) };
    },
  };
}
