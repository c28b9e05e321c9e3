/** How a terminal shows lanes: one ink a version, none where the terminal has no colour (or NO_COLOR says so). */
import { WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import { type Lanes, laneNames } from './lanes.ts';

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
  return showsColor(stream) ? styleText(style, text, { stream }) : text;
}

/** As styleText does it by itself from Node 22.13 on. */
function showsColor({ isTTY }: NodeJS.WriteStream): boolean {
  const isAsked = process.env.FORCE_COLOR !== undefined || isTTY;
  return isAsked && WriteStream.prototype.getColorDepth() > 1;
}

/** A painter that gives each lane an ink of its own; baselines and colours that nobody deploys have none. */
export function lanePainter(lanes: Lanes) {
  const names = laneNames(lanes);
  return (version: string, text: string = version): string => {
    const lane = names.indexOf(version);
    return lane < 0 ? text : styled(['bold', inks[lane % inks.length] as Ink], text);
  };
}

/** Characters of a cli-table3 without lines. */
export const borderless = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
  ].map((edge) => [edge, '']),
);
