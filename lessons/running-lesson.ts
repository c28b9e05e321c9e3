/** A lesson that is up on the local mesh, to play with: its world, its callers, its folder, and orders from elsewhere. */
import { readFile, writeFile } from 'node:fs/promises';
import { type Engine, RulesRefused, type Site } from '../check/engine.ts';
import { startLocal } from '../check/local/local.ts';
import type { Programs } from '../check/local/pair.ts';
import { remarksOn } from '../lanes/rules.ts';
import { AccessLogs, type LogForm } from '../local/access-logs.ts';
import { Report } from '../local/report.ts';
import type { ReloadResult } from '../mesh/mesh.ts';
import { formatRemark, type Remark } from '../mesh/remarks/remarks.ts';
import { formatProblem } from '../mesh/rules/problem.ts';
import { Failure } from '../runtime/failure.ts';
import { applyRules, deleteRules } from './applied-rules.ts';
import type { Lesson } from './lesson.ts';
import { isThere, type Order, type OrderResult, takeOrders } from './orders.ts';
import { claimPlayground, playgroundFiles, removePlayground, writeLanes } from './playground.ts';
import { type LessonPorts, lessonPorts } from './ports.ts';

interface Settings {
  lesson: Lesson;
  /** Of the gateway; the others count from it. 0: any free ones. */
  port: number;
  /** The playground. */
  folder: string;
  programs: Programs;
  log?: LogForm;
  say: (line: string) => void;
}

export class RunningLesson {
  readonly #settings: Settings;
  readonly #ports: LessonPorts;
  readonly #report: Report;
  readonly #logs: AccessLogs;
  /** What was made, last first. */
  readonly #closers: (() => Promise<void>)[] = [];
  #up: { site: Site; outside: URL } | undefined;
  /** A reload that an order caused is told by the order. */
  #isApplying = false;

  private constructor(settings: Settings, ports: LessonPorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.#report = new Report(settings.lesson.check.world, settings.say);
    this.#logs = new AccessLogs(settings.say, settings.log);
  }

  /**
   * Makes sure that this lesson can be up, and that no other comes up before it has ended.
   * @throws Failure where another is, or a port is taken; nothing has been touched then
   */
  static async claim(settings: Settings): Promise<RunningLesson> {
    const { lesson, port, folder } = settings;
    const running = new RunningLesson(settings, await lessonPorts(lesson, port));
    const desk = await takeOrders((order) => running.#carryOut(order));
    const mine = { lesson: lesson.name, pid: process.pid, port: desk.port, token: desk.token };
    await claimPlayground(folder, mine, isThere).catch(async (error) => {
      await desk.close();
      throw error;
    });
    running.#closers.unshift(() => removePlayground(folder));
    running.#closers.unshift(() => desk.close());
    return running;
  }

  /** @returns where each caller listens, for people */
  async bringUp(): Promise<{ caller: string; url: string }[]> {
    const { lesson, folder, programs } = this.#settings;
    await writeLanes(lesson, folder);
    const engine: Engine = await startLocal({
      capacity: 1,
      programs,
      ruleFile: playgroundFiles(folder).rules,
      ports: this.#ports,
      onAccessLog: this.#logs.write,
      onReload: (result) => this.#tell(result),
    });
    this.#closers.unshift(() => engine.close());
    const site = await engine.open(lesson.check);
    if (site instanceof RulesRefused) throw new Failure(site.message);
    this.#closers.unshift(() => site.close());
    const open = (await site.openAll?.(lesson.fronts.map(({ configuration }) => configuration))) ?? [];
    const outside = open.find(({ caller }) => caller === 'outside')?.url ?? 'http://127.0.0.1:9';
    this.#up = { site, outside: new URL(outside) };
    this.#report.running();
    return open.filter(({ caller }) => caller !== 'outside');
  }

  /** Ends all of it, and takes the folder away. */
  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close();
  }

  #tell(result: ReloadResult): void {
    if (!this.#isApplying) this.#report.reload(result, playgroundFiles(this.#settings.folder).rules);
  }

  async #carryOut(order: Order): Promise<OrderResult> {
    const { lesson } = this.#settings;
    switch (order.what) {
      case 'are you there':
        return { ok: true, lines: [] };
      case 'log':
        this.#logs.use(order.form);
        return { ok: true, lines: [`${lesson.name} ${toldByLog[order.form]}`] };
      case 'apply':
      case 'delete':
        return this.#change(order);
    }
  }

  async #change({ what, file, text: written }: Change): Promise<OrderResult> {
    const { lesson, folder } = this.#settings;
    if (!this.#up)
      return { ok: false, lines: [`${lesson.name} is not up yet: wait for what it says about asking it`] };
    const { site, outside } = this.#up;
    const { rules: rulesFile } = playgroundFiles(folder);
    const text = written
      .replaceAll('OUTSIDE_ADDRESS', outside.hostname)
      .replaceAll('OUTSIDE_PORT', outside.port);
    const inForce = { file: rulesFile, text: await readFile(rulesFile, 'utf8') };
    const { change, done } = changes[what];
    const applied = change(inForce, { file, text }, lesson.check.world.namespace);
    if (!applied.ok) return { ok: false, lines: applied.problems.map(formatProblem) };
    this.#isApplying = true;
    try {
      await writeFile(rulesFile, applied.text);
      await site.reload?.();
    } finally {
      this.#isApplying = false;
    }
    // Services that no route names yet are no news.
    const isNews = ({ code, place }: Remark) => code !== 'not-a-rule' || place.file === file;
    const remarks = remarksOn(applied.rules, lesson.check.world).filter(isNews);
    this.#report.changed(`${file}: ${done}`, remarks);
    return {
      ok: true,
      lines: [
        ...applied.names.map((name) => `${name}: ${done}`),
        ...remarks.map((one) => `! ${formatRemark(one)}`),
      ],
    };
  }
}

type Change = Extract<Order, { what: 'apply' | 'delete' }>;

const changes = {
  apply: { change: applyRules, done: 'in force' },
  delete: { change: deleteRules, done: 'taken away' },
} as const;

const toldByLog = {
  istio: "prints each proxy's access log from now on, in Istio's format",
  short: "prints each proxy's access log from now on, in short",
  off: 'prints no access log any more',
} as const;
