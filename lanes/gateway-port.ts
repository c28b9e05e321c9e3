/**
 * On which port of this computer the gateway is: what the option says, then GATEWAY_PORT, then the usual one. Which port
 * of the rules it stands for is another matter (mesh/routing/gateway-port.ts).
 */
import { InvalidArgumentError, Option } from 'commander';

export const usualGatewayPort = 8080;

/** Without a default. @param flags `-p, --port <port>` */
export function gatewayPortOption(flags: string, description: string): Option {
  return new Option(flags, description).env('GATEWAY_PORT').argParser(parsePortOrAny);
}

/** Where the gateway of the local mesh listens. */
export function portOption(description: string): Option {
  return gatewayPortOption('-p, --port <port>', `${description}; 0 takes any free one`).default(
    usualGatewayPort,
  );
}

/** For commander: a port, or 0 for any free one. */
export function parsePortOrAny(value: string): number {
  const port = Number(value);
  if (!/^\d+$/.test(value) || port > 65535)
    throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}
