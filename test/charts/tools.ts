/** helm and the checkers that may be on this computer; what is not there is skipped, by name. */
import { execFileSync } from 'node:child_process';
import { parseAllDocuments } from 'yaml';

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: whatever the kind has; tests look into it
  [field: string]: any;
}

/** Can it be run here? */
export function has(tool: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(tool, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export const hasHelm = has('helm', 'version');

export type Chart = 'version' | 'routes' | 'lane';

const templates = new Map<string, string>();

/** The text that `helm template` gives for these values. @throws with helm's message */
export function template(chart: Chart, release: string, values: object): string {
  const args = ['template', release, `charts/${chart}`, '--namespace', 'coloring', '--values', '-'];
  const input = JSON.stringify(values);
  const key = [...args, input].join(' ');
  const text = templates.get(key) ?? helm(args, input);
  templates.set(key, text);
  return text;
}

export function render(chart: Chart, release: string, values: object): KubernetesObject[] {
  return parseObjects(template(chart, release, values));
}

/** What helm says against these values; empty where it takes them. */
export function refusal(chart: Chart, values: object): string {
  try {
    template(chart, 'refused', values);
    return '';
  } catch (error) {
    return String(error);
  }
}

export function helm(args: readonly string[], input = ''): string {
  try {
    return execFileSync('helm', args, {
      input,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, GOGC: 'off' }, // it ends before its garbage matters
    });
  } catch (error) {
    throw new Error((error as { stderr: string }).stderr);
  }
}

export function parseObjects(text: string): KubernetesObject[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null);
}

/** `Kind namespace/name`. */
export function keyOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`;
}
