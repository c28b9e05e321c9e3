/** What to ask a cluster, and what to say where its logs are silent. */
import { randomBytes } from 'node:crypto';
import { partyName } from '../hop.ts';
import type { LiveAnswer } from './ask.ts';
import type { ReadLogs } from './log-reader.ts';
import { logSettings, telemetry } from './mesh-log.ts';
import type { MeshView } from './mesh-view.ts';
import { versionsOf } from './proxies.ts';
import { noColor } from './watch.ts';

/** The colours of all versions that run, and one that no lane has: it disturbs nobody, and tells of each baseline. */
export function tellingColorsOf({ proxies }: Pick<MeshView, 'proxies'>): string[] {
  return [...versionsOf(proxies), `trace-${randomBytes(3).toString('hex')}`];
}

/** What keeps from judging, a line each. */
export function notesOn(
  { header, log }: MeshView,
  answers: readonly LiveAnswer[],
  { hops, hasColor }: ReadLogs,
): string[] {
  const unseen = answers.filter(({ request }) => !request);
  if (hops.length === 0) {
    const why = log.on === false ? ' (MeshConfig has no accessLogFile)' : '';
    return [
      `no proxy has logged a request${why}: switch the access log on with\n${settingsText(header)}`,
      ...answers.map(said),
    ];
  }
  return [
    ...(hasColor ? [] : [noColor(header)]),
    ...unseen.map(
      ({ color }) =>
        `no log has the request in colour ${color ?? '-'}: its gateway's cannot be read, or was rotated away`,
    ),
    ...unseen.map(said),
    ...clocks(answers),
  ];
}

/** What a probe tells without any log: the status, and from services of this kit the trail. */
function said({ color = '-', answer: { status, trail } }: LiveAnswer): string {
  const hops = trail?.map((hop) => `${hop.service}/${hop.version} got ${hop.color}`).join(', ');
  return `the answer to ${color} itself: ${status}${hops ? `, ${hops}` : ''}`;
}

/** Both ends of a hop tell of the same moment. */
function clocks(answers: readonly LiveAnswer[]): string[] {
  const notes = answers
    .flatMap(({ request }) => request?.hops ?? [])
    .flatMap(({ served, startedAt, durationMs, from, to }) => {
      const late = served ? served.startedAt - startedAt : 0;
      const isOff = late < -1_000 || late > durationMs + 1_000;
      return to && isOff
        ? [`the clocks of ${partyName(from)} and ${partyName(to)} differ by ${Math.round(late / 1_000)} s`]
        : [];
    });
  return [...new Set(notes)];
}

/** For an access log with the colour. */
export function settingsText(header: string): string {
  return [
    "# With the colour: in MeshConfig (Helm: istiod's values), for new and running proxies alike.",
    logSettings(header),
    '---',
    '# Without it, where MeshConfig is not yours to change: an object; routes named by colour then tell of it.',
    telemetry,
  ].join('\n');
}
