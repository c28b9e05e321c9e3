/** A case's result in words: a line for each expectation. */
import type { Send, Step } from './format.ts';
import type { CaseResult } from './run.ts';

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
  const verdicts = result.steps.flatMap(({ step, verdicts }) =>
    verdicts.map(
      ({ what, problem }) =>
        `  ${problem ? '✗' : '✓'} ${stepInWords(step)}: ${what}${problem ? `: ${problem}` : ''}`,
    ),
  );
  return [result.case.title, ...verdicts, ...(result.stopped ? [`  ✗ ${result.stopped}`] : [])];
}

/** `client: 20 × GET service-b/x, project-version: release-v3` */
export function stepInWords(step: Step): string {
  if ('apply' in step) return 'apply';
  if ('delete' in step) return `delete ${step.delete.join(', ')}`;
  if ('scale' in step)
    return `scale ${Object.entries(step.scale).map(([version, count]) => `${version} to ${count}`)}`;
  const { times, method, host = '', path } = step.send as Send;
  const headers = Object.entries(step.send.headers).map(([name, values]) => `${name}: ${values.join(' + ')}`);
  return [`${step.from}: ${times > 1 ? `${times} × ` : ''}${method} ${host}${path}`, ...headers].join(', ');
}
