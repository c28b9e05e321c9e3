import { z } from 'zod';
import {
  milliseconds,
  readEnv,
  type ServiceConfig,
  serviceConfig,
  serviceOrigin,
  serviceVariables,
} from '../kit/config.ts';

const schema = z.object({
  ...serviceVariables({ name: 'service-a', port: 31000 }),
  SERVICE_B_URL: serviceOrigin('http://service-b:32000'),
  SERVICE_B_TIMEOUT_MS: milliseconds(5_000),
});

export interface ServiceAConfig extends ServiceConfig {
  serviceBOrigin: string;
  /** For the whole exchange with service-b. */
  serviceBTimeoutMs: number;
}

/** Throws ConfigError. */
export function readConfig(env: NodeJS.ProcessEnv): ServiceAConfig {
  const variables = readEnv(schema, env);
  return {
    ...serviceConfig(variables),
    serviceBOrigin: variables.SERVICE_B_URL,
    serviceBTimeoutMs: variables.SERVICE_B_TIMEOUT_MS,
  };
}
