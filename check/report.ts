/** A case's result in words: a line for each expectation. */

import type { Send, Step } from './format.ts';
import type { CaseResult } from './run.ts';
import { failuresOf } from './seen.ts';

/** What the engine did not do as the case says, a line each; none when all is as expected. */
export function problemsOf(result: CaseResult): string[] {
  const stopped = result.stopped === undefined ? [] : [`${result.case.file}: ${result.stopped}`];
  const unmet = result.steps.flatMap(({ step, verdicts }) =>
    verdicts
      .filter(({ problem }) => problem !== undefined)
      .map(
        ({ what, problem }) =>
          `${step.place.file}:${step.place.line}: ${stepInWords(step)}: ${what}: ${problem}`,
      ),
  );
  return [...unmet, ...stopped];
}

/** The title and every expectation, met or not. */
export function linesOf(result: CaseResult): string[] {
  const verdicts = result.steps.flatMap(({ step, verdicts, skipped, tries = 1 }) => {
    const words = `${stepInWords(step)}${tries > 1 ? ` (sent ${tries} times)` : ''}`;
    if (skipped) return [`  - ${words}: not run, ${skipped}`];
    if (verdicts.length === 0) return [`  · ${words}`];
    return verdicts.map(
      ({ what, problem }) => `  ${problem ? '✗' : '✓'} ${words}: ${what}${problem ? `: ${problem}` : ''}`,
    );
  });
  return [result.case.title, ...verdicts, ...(result.stopped ? [`  ✗ ${result.stopped}`] : [])];
}

/** The table that a case fills in, in Markdown: how many requests failed in each step that has a row; none: empty. */
export function tableOf(result: CaseResult): string[] {
  const rows = result.steps.flatMap(({ step, seen }) => {
    if (!('send' in step) || step.row === undefined || !seen) return [];
    const failures = failuresOf(seen);
    const sent = seen.observations.length;
    return [`| ${step.row} | ${sent} | ${failures} | ${((100 * failures) / sent).toFixed(1)} % |`];
  });
  return rows.length === 0 ? [] : ['| | requests | failed | |', '| --- | ---: | ---: | ---: |', ...rows];
}

/** `client: 20 × GET service-b/x, project-version: release-v3` */
function stepInWords(step: Step): string {
  if ('apply' in step) return `apply ${step.file ?? ''}`;
  if ('delete' in step) return `delete ${step.delete.join(', ')}`;
  if ('scale' in step)
    return `scale ${Object.entries(step.scale).map(([version, count]) => `${version} to ${count}`)}`;
  if ('certificate' in step) return `certificate for ${step.certificate.host}`;
  if ('look' in step) return `${step.look.table} of ${step.look.at}`;
  if ('watch' in step) return `Prometheus, ${step.file ?? 'dashboard'}`;
  const { times, method, host = '', path } = step.send as Send;
  const headers = Object.entries(step.send.headers).map(([name, values]) => `${name}: ${values.join(' + ')}`);
  const { http, tls } = step.send;
  const protocol = tls ? 'https://' : http === '1.1' ? '' : http === 'grpc' ? 'gRPC ' : `HTTP/${http} `;
  const what = `${times > 1 ? `${times} × ` : ''}${method} ${protocol}${host}${path}`;
  return [`${step.from}: ${what}`, ...headers].join(', ');
}
