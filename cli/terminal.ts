/** How a terminal shows lanes: one ink a version, none where the terminal has no colour (or NO_COLOR says so). */
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];
type Ink = Extract<Style, string>;

const inks: readonly Ink[] = [
  'cyan',
  'magenta',
  'yellow',
  'blue',
  'green',
  'redBright',
  'cyanBright',
  'magentaBright',
];

/** Text in this style, as far as `stream` can show it (NO_COLOR, FORCE_COLOR, not a terminal). */
export function styled(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream });
}

/**
 * A painter that gives each version its lane's ink: baselines have none, the others one each by their order.
 * @param versions names, in the order in which they get inks
 */
export function lanePainter(versions: readonly string[], baselines: readonly string[]) {
  const lanes = versions.filter((name) => !baselines.includes(name));
  return (version: string, text: string = version): string => {
    const lane = lanes.indexOf(version);
    return lane < 0 ? text : styled(['bold', inks[lane % inks.length] as Ink], text);
  };
}
