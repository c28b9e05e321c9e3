import { z } from 'zod';
import {
  milliseconds,
  readEnv,
  type ServiceConfig,
  serviceConfig,
  serviceOrigin,
  serviceOrigins,
  serviceVariables,
} from '../kit/config.ts';

const schema = z.object({
  ...serviceVariables({ name: 'service-a', port: 31000 }),
  SERVICE_B_URL: serviceOrigin('http://service-b:32000'),
  CALLS: serviceOrigins().optional(),
  CALLS_PARALLEL: z
    .enum(['true', 'false'], 'must be true or false')
    .default('false')
    .transform((parallel) => parallel === 'true'),
  SERVICE_B_TIMEOUT_MS: milliseconds(5_000),
});

export interface ServiceAConfig extends ServiceConfig {
  /** Origins of the services that it asks, in this order: CALLS, or else service-b alone. */
  calls: readonly string[];
  /** It asks them all at once. */
  parallel: boolean;
  /** For the whole exchange with each. */
  timeoutMs: number;
}

/** Throws ConfigError. */
export function readConfig(env: NodeJS.ProcessEnv): ServiceAConfig {
  const variables = readEnv(schema, env);
  return {
    ...serviceConfig(variables),
    calls: variables.CALLS ?? [variables.SERVICE_B_URL],
    parallel: variables.CALLS_PARALLEL,
    timeoutMs: variables.SERVICE_B_TIMEOUT_MS,
  };
}
