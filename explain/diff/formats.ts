/** What is taken away, as pipelines show it beside the lines of a change. */
import { codeQualityReport, type Found } from '../../lanes/lint/formats.ts';
import type { ObjectChange } from './apply.ts';
import { formatName } from './objects.ts';
import { lineOf, type Told } from './print.ts';

/** Where it is written: at the rule that took it, or was changed; a rule that goes has no line any more. */
function found({ diff, judged }: Told): (Found & { isDeclared: boolean })[] {
  const written = diff.changes.filter(
    (change): change is Required<ObjectChange> => change.place !== undefined,
  );
  return judged.taken.map(({ effect, allowed }) => {
    const names = [effect.by, effect.object].flatMap((name) => (name ? formatName(name) : []));
    const [change = written[0]] = names.flatMap(
      (name) => written.find(({ object }) => formatName(object) === name) ?? [],
    );
    return {
      code: effect.type,
      ...(change?.place ?? { file: '.', line: 1 }),
      message: allowed ? `declared: ${lineOf(effect)}` : lineOf(effect),
      isDeclared: allowed !== undefined,
    };
  });
}

/** GitLab's report; see {@link codeQualityReport}. */
export function codeQuality(told: Told) {
  return codeQualityReport(found(told), ({ isDeclared }) => (isDeclared ? 'note' : 'error'));
}

/** https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message */
export function githubAnnotations(told: Told): string[] {
  return found(told).map(({ code, file, line, message, isDeclared }) => {
    const at = `file=${property(file)},line=${line},title=${property(`coloring diff: ${code}`)}`;
    return `::${isDeclared ? 'notice' : 'error'} ${at}::${data(message)}`;
  });
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
