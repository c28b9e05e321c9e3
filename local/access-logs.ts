/** The access logs of all proxies on the terminal, in a form that can be changed while they run. */
import { Option } from 'commander';
import { type AccessLogEntry, formatAccessLog } from '../mesh/proxy/access-log.ts';
import { formatShortAccessLog, shortAccessLogHeading } from '../mesh/proxy/short-access-log.ts';

/** `istio`: Istio's own format; `short`: what fits a projector. */
export const logForms = ['istio', 'short', 'off'] as const;
export type LogForm = (typeof logForms)[number];

export function logOption(more = ''): Option {
  return new Option('--log [form]', `print each proxy's access log, in Istio's format or short${more}`)
    .choices(logForms)
    .preset('istio');
}

export class AccessLogs {
  #form: LogForm = 'off';
  readonly #say: (line: string) => void;

  constructor(say: (line: string) => void, form: LogForm = 'off') {
    this.#say = say;
    this.use(form);
  }

  use(form: LogForm): void {
    if (form === 'short' && this.#form !== 'short') this.#say(shortAccessLogHeading);
    this.#form = form;
  }

  write = (entry: AccessLogEntry): void => {
    // A defect of the mesh is told whatever was asked for.
    if (this.#form === 'istio' || entry.defect) this.#say(`${entry.proxy} ${formatAccessLog(entry)}`);
    else if (this.#form === 'short') this.#say(formatShortAccessLog(entry));
  };
}
