/** What a command for a cluster would run: --dry-run needs no cluster and no tools. */
import { expect } from 'vitest';
import { runHere } from '../../cli/testing/run-here.ts';

/** What would name other sources on this computer, or another port. */
export const unset = {
  ISTIO_CHARTS: undefined,
  ISTIO_VERSION: undefined,
  ISTIO_VALUES: undefined,
  ISTIO_HUB: undefined,
  KIND_NODE_IMAGE: undefined,
  BASE_IMAGE: undefined,
  GATEWAY_API_CRDS: undefined,
  GATEWAY_PORT: undefined,
};

/**
 * The helm, kubectl, kind and docker commands that it would run.
 * @param said on standard error
 */
export async function dryRun(
  args: readonly string[],
  env: Record<string, string> = {},
  said: unknown = '',
): Promise<string[]> {
  const { exitCode, stdout, stderr } = await runHere([...args, '--dry-run'], {
    ...unset,
    PATH: '/nowhere',
    ...env,
  });
  expect([exitCode, stderr]).toEqual([0, said]);
  return [...stdout.matchAll(/\$ (.*)/g)].map(([, line = '']) => line);
}

/** Only what changes something. */
export const changes = (lines: readonly string[]) =>
  lines.filter((line) => / (upgrade|uninstall|create|load|build|delete) /.test(line));

export const helm = 'helm --kube-context kind-coloring';
