/** One thing that `coloring lint` finds. */
import { type RemarkCode, remarkCodes } from '../../mesh/remarks/remark.ts';

/** All names, with what each means in a line; README.md beside this file has a section on each. */
export const lintCodes = {
  ...remarkCodes,
  'rule-invalid': 'Istio, or the local mesh, does not take it',
  'lanes-invalid': 'lanes.yaml cannot be read, or contradicts itself',
  'version-unrouted': 'no route leads its colour to this version',
  'pods-without-subset': 'pods that no subset selects (in a cluster)',
  'color-routed-partly': 'a colour that one service is routed by and another is not (in a cluster)',
} as const;

export type LintCode = keyof typeof lintCodes;

export interface Finding {
  code: LintCode;
  file: string;
  /** From 1; 0 in a cluster, where `file` is the object. */
  line: number;
  /** What it is about: `VirtualService service-b`; absent where there is no object yet. */
  object?: string | undefined;
  field?: string | undefined;
  message: string;
}

/** `error`: it does not work; `warning`: it does something else than it says; `note`: only worth a word. */
export type Severity = 'error' | 'warning' | 'note';

const errors: ReadonlySet<LintCode> = new Set(['rule-invalid', 'lanes-invalid']);
const notes: ReadonlySet<LintCode> = new Set<RemarkCode>(['not-run-here', 'not-a-rule']);

export function severityOf(code: LintCode): Severity {
  if (errors.has(code)) return 'error';
  return notes.has(code) ? 'note' : 'warning';
}
