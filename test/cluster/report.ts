/** What the cluster test found, line by line as it goes, and summed up at the end. */
import { styled } from '../../lanes/paint.ts';

/** Of what was seen instead, so many characters are told again at the end, where people look first. */
const shownAtEnd = 2_000;

export class Report {
  readonly #began = performance.now();
  readonly #sections: { title: string; began: number }[] = [];
  readonly #failed: string[] = [];
  readonly #skipped: string[] = [];
  #passed = 0;

  section(title: string): void {
    console.log(`\n${styled('bold', title)}  ${styled('dim', `${this.seconds()} s`)}`);
    this.#sections.push({ title, began: this.seconds() });
  }

  /** What is going on: the title of the section. */
  get current(): string {
    return this.#sections.at(-1)?.title ?? 'nothing';
  }

  note(text: string): void {
    console.log(text.replaceAll(/^/gm, '  '));
  }

  /** Notes whether something holds; `seen` is shown where it does not. */
  check(what: string, holds: boolean, seen: unknown = ''): void {
    const details = holds ? '' : `: ${typeof seen === 'string' ? seen : JSON.stringify(seen)}`;
    if (holds) this.#passed += 1;
    else this.#failed.push(`${what}${details.slice(0, shownAtEnd)}`);
    console.log(`  ${holds ? styled('green', '✓') : styled('red', '✗')} ${what}${details}`);
  }

  skip(what: string, why: string): void {
    this.#skipped.push(what);
    console.log(`  ${styled('yellow', '-')} skipped: ${what} (${why})`);
  }

  seconds(): number {
    return Math.round((performance.now() - this.#began) / 1000);
  }

  /** @returns whether nothing failed */
  summary(): boolean {
    console.log(`\nAll of it took ${this.seconds()} s:`);
    for (const [i, { title, began }] of this.#sections.entries()) {
      const ended = this.#sections[i + 1]?.began ?? this.seconds();
      console.log(`  ${String(ended - began).padStart(5)} s  ${title}`);
    }
    for (const what of this.#failed) console.log(styled('red', `  ✗ ${what}`));
    console.log(`${this.#passed} passed, ${this.#failed.length} failed, ${this.#skipped.length} skipped`);
    return this.#failed.length === 0;
  }
}
