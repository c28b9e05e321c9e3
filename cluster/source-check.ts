/** Are the public sources there? Asked before anything is made, so that one run names all that is missing. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Dialect } from '../lanes/model.ts';
import { Failure } from '../runtime/failure.ts';
import { crdsFor } from './gateway-api.ts';
import { chartAt, charts, isFolder } from './istio-charts.ts';
import type { IstioSettings } from './settings.ts';
import { CommandFailed, lastLines, type Shell } from './shell.ts';
import { type Instead, type Source, sources } from './sources.ts';
import type { Step } from './steps.ts';

/** A source as a command was told it. */
interface Needed {
  what: string;
  /** Where it is taken from this time. */
  from: string;
  instead: Instead;
  /** Asks for it. @throws CommandFailed or Failure where it is not there */
  ask?: (shell: Shell) => Promise<void>;
}

/** Shows each source with the option that replaces it, asks for it, and names those that do not answer. */
export function checkSources(needed: readonly Needed[]): Step {
  return {
    title: 'Sources',
    run: async (shell) => {
      for (const { what, from, instead } of needed) {
        shell.say(`  ${what}: ${from}   (another: ${instead.option}, ${instead.variable})`);
      }
      const problems: string[] = [];
      for (const source of needed) {
        try {
          await source.ask?.(shell);
        } catch (error) {
          if (!(error instanceof CommandFailed || error instanceof Failure)) throw error;
          problems.push(noAnswer(source, error instanceof CommandFailed ? error.output : error.message));
        }
      }
      if (problems.length > 0) throw new Failure(problems.join('\n\n'));
    },
  };
}

/** What to say of a source that was asked for and did not come. */
function noAnswer({ what, from, instead }: Needed, said: string): string {
  return [
    `${from} did not give ${what}:`,
    ...lastLines(said, 4)
      .split('\n')
      .map((line) => `  ${line}`),
    `Name another place: ${instead.option} or ${instead.variable}.`,
  ].join('\n');
}

export function istioSources({ istioCharts, istioVersion, istioHub }: IstioSettings): Needed[] {
  return [
    {
      what: `${sources.istioCharts.what}, ${istioVersion}`,
      from: istioCharts,
      instead: sources.istioCharts.instead,
      ask: async (shell) => {
        if (!isFolder(istioCharts)) {
          await shell.run('helm', ['show', 'chart', ...chartAt('base', istioCharts, istioVersion)]);
          return;
        }
        const files = charts.map(({ chart }) => join(istioCharts, `${chart}-${istioVersion}.tgz`));
        const missing = shell.dryRun ? [] : files.filter((file) => !existsSync(file));
        if (missing.length > 0) throw new Failure(`not there: ${missing.join(', ')}`);
      },
    },
    // The cluster pulls them, so only it can say.
    {
      what: sources.istioImages.what,
      from: istioHub ?? `${sources.istioImages.at}, or what ISTIO_VALUES says`,
      instead: sources.istioImages.instead,
    },
  ];
}

/** Nothing where none are installed. */
export function gatewayApiSource(settings: IstioSettings, dialect: Dialect): Needed[] {
  const from = crdsFor(settings, dialect);
  if (from === undefined) return [];
  const { what, instead } = sources.gatewayApi;
  const ask = async ({ dryRun }: Shell) => {
    if (isFolder(from) && !dryRun && !existsSync(from)) throw new Failure(`not there: ${from}`);
  };
  return [{ what, from, instead, ask }];
}

/** @param unless where nobody will need the image */
export function imageSource(
  { what, instead }: Source & { instead: Instead },
  image: string,
  unless: (shell: Shell) => Promise<boolean> = async () => false,
): Needed {
  return {
    what,
    from: image,
    instead,
    ask: async (shell) => {
      if (!(await unless(shell))) await haveImage(shell, image);
    },
  };
}

/** Docker has the image then: from before, or pulled. @throws CommandFailed */
export async function haveImage(shell: Shell, image: string): Promise<void> {
  const here = await shell.ask('docker', ['image', 'inspect', '--format', '{{.Id}}', image]);
  if (here === undefined) await shell.run('docker', ['pull', '--quiet', image]);
}
