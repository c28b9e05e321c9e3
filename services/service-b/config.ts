import { z } from 'zod';
import { readEnv, type ServiceConfig, serviceConfig, serviceVariables } from '../kit/config.ts';

const schema = z.object(serviceVariables({ name: 'service-b', port: 32000 }));

/** Throws ConfigError. */
export function readConfig(env: NodeJS.ProcessEnv): ServiceConfig {
  return serviceConfig(readEnv(schema, env));
}
