/** A difference that was found, as a case to paste into conformance/cases. */
import { stringify } from 'yaml';
import { toYaml } from '../check/world.ts';
import type { TrialDifference } from './trial.ts';

/** The case expects what Istio did. */
export function asCase({ trial, request, istio }: TrialDifference, seed: number): string {
  const { observation } = istio;
  const { method, path, headers, echo, from } = request;
  const answer = observation.served ? {} : { answer: { body: observation.answer.body } };
  const head = {
    title: `Found by npx coloring conform with seed ${seed}`,
    steps: [
      {
        from,
        send: {
          method,
          path,
          host: request.host.replace('HOST', 'h.example'),
          headers,
          ...(echo ? { echo } : {}),
        },
        expect: {
          status: observation.status,
          ...(observation.served ? { version: observation.served } : answer),
          ...(observation.arrived ? { arrived: { path: observation.arrived.path } } : {}),
        },
      },
    ],
  };
  return `${stringify(head)}${toYaml([trial.rule, ...trial.beside]).replaceAll('HOST', 'h.example')}`;
}
