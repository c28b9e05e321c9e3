/** Copies of a request to other clusters: sent and forgotten. */
import type { Attempt, AttemptOwner } from './attempt.ts';

/** Takes an answer and drops it; a failure reaches nobody (Envoy's shadow writer). */
export const forgetful: AttemptOwner = {
  onHead: (attempt: Attempt, status) => attempt.upstream.report(attempt.host, status),
  onData: () => true,
  onEnd: () => {},
  onFailure: (attempt: Attempt) => attempt.upstream.report(attempt.host, 503),
};
