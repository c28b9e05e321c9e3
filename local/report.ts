/** What `npm start` says while it runs: how each version is going, what a changed rule did. */
import type { Lanes } from '../lanes/lanes.ts';
import { styled } from '../lanes/paint.ts';
import { remarksOn } from '../lanes/rules.ts';
import type { ReloadResult } from '../mesh/mesh.ts';
import { formatRemark, type Remark } from '../mesh/remarks/remarks.ts';
import { typed } from '../runtime/project.ts';
import type { TracedRequest } from '../trace/join.ts';
import { findingWords } from '../trace/print.ts';
import { isColorLoss, TraceSummary } from '../trace/summary.ts';
import { type Replica, replicaName } from './local-lanes.ts';
import type { Silent } from './served-hops.ts';
import type { ProcessChange } from './version-process.ts';

export class Report {
  readonly #lanes: Lanes;
  readonly #width: number;
  #running = false;
  readonly say: (text: string) => void;

  constructor(lanes: Lanes, say: (text: string) => void = console.log) {
    this.#lanes = lanes;
    this.say = say;
    this.#width = Math.max(
      ...lanes.services.flatMap(({ name, versions }) =>
        versions.map((version) => `${name}/${version.name}`.length),
      ),
    );
  }

  /** Not wrong, but worth a word. */
  remark(remark: Remark): void {
    this.#line('yellow', formatRemark(remark));
  }

  /** A program that was asked, should have called others, and did not by way of its sidecar. */
  silent({ caller, calls }: Silent): void {
    this.#line(
      'yellow',
      `${caller} called nobody through its sidecar, though ${this.#lanes.file} says that it calls ${calls.join(', ')}: does it heed HTTP_PROXY? With \`ports: true\` it gets addresses that lead there without`,
    );
  }

  /** Who lost the colour of these requests, or began a new request id: by what the proxies saw. */
  losses(requests: readonly TracedRequest[]): void {
    const summary = new TraceSummary();
    for (const request of requests) summary.add(request);
    for (const finding of summary.findings())
      this.#line(isColorLoss(finding.what) ? 'red' : 'yellow', findingWords(finding, this.#lanes.header));
  }

  /** From here on changes are news, and told with the time. */
  running(): void {
    this.#running = true;
  }

  change(replica: Replica, change: ProcessChange): void {
    const news = newsOf(replica, change, this.#lanes);
    if (news) this.#line(news.ink, `${replicaName(replica).padEnd(this.#width)}  ${news.text}`);
  }

  reload(result: ReloadResult, rules: string): void {
    if (result.ok) {
      this.#line('green', `${rules}: the rules as they are now are in force`);
      for (const remark of remarksOn(result.rules, this.#lanes)) this.remark(remark);
    } else {
      this.#line('red', `${rules}: not put in force, the rules before hold on:`);
      const { problems } = result;
      for (const problem of problems.slice(0, maxProblems)) this.say(`      ${problem}`);
      const untold = problems.length - maxProblems;
      if (untold > 0) this.say(`      and ${untold} more: npx coloring lint ${rules} tells them all`);
    }
  }

  /** Rules of a file were put in force among the others, or taken out from among them: `text` says which. */
  changed(text: string, remarks: readonly Remark[]): void {
    this.#line('green', text);
    for (const remark of remarks) this.remark(remark);
  }

  /** What runs is what the file said at the start. */
  lanesChanged(): void {
    this.#line(
      'yellow',
      `${this.#lanes.file} has changed: Ctrl-C and ${typed('start')} bring up what it says now`,
    );
  }

  /** @param error what it would say at the next start */
  lanesWrong = (error: unknown): void => {
    this.#line('red', `${this.#lanes.file} has changed, and could not be started like this:`);
    for (const line of String(error instanceof Error ? error.message : error).split('\n'))
      this.say(`      ${line}`);
  };

  #line(ink: Ink, text: string): void {
    const time = this.#running ? `${styled('dim', new Date().toTimeString().slice(0, 8))} ` : '';
    this.say(`  ${time}${styled(ink, marks[ink])} ${text}`);
  }
}

/** More than that push what matters off the screen. */
const maxProblems = 20;

const marks = { dim: '·', green: '✓', yellow: '!', red: '✗' } as const;
type Ink = keyof typeof marks;

/** A change in words; undefined where it is no news. */
function newsOf(
  { version, process: { pid, isShared } }: Replica,
  change: ProcessChange,
  lanes: Lanes,
): { ink: Ink; text: string } | undefined {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  switch (change.type) {
    case 'starting':
      return version.ready
        ? undefined
        : { ink: 'dim', text: `started, and stays not ready (${lanes.file} says so)` };
    case 'ready':
      // The README invites people to kill one.
      return {
        ink: 'green',
        text: `ready after ${seconds(change.afterMs)}${pid ? ` (pid ${pid}${isShared ? ', shared' : ''})` : ''}`,
      };
    case 'unready':
      return { ink: 'yellow', text: 'no longer ready: no request is sent to it' };
    case 'slow':
      return version.ready
        ? {
            ink: 'yellow',
            text: `not ready after ${seconds(change.afterMs)}: ${change.why}`,
          }
        : undefined;
    case 'halted':
      return { ink: 'yellow', text: 'stopped' };
    case 'restarting':
      return { ink: 'dim', text: `starts anew: ${change.why}` };
    case 'died': {
      const what = change.wasReady ? 'died' : 'did not start';
      const hint = change.wasReady
        ? ''
        : ` (${version.place.file}:${version.place.line} says how it is started)`;
      return { ink: 'red', text: `${what}: ${change.reason}${hint}; again in ${seconds(change.retryInMs)}` };
    }
  }
}
