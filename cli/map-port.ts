/** On which port of this computer the traffic map is: what the option says, then MAP_PORT, then the usual one. */
import { Option } from 'commander';
import { parsePortOrAny } from '../lanes/gateway-port.ts';

const usualMapPort = 8090;

export function mapPortOption(description: string): Option {
  return new Option('--map-port <port>', description)
    .env('MAP_PORT')
    .default(usualMapPort)
    .argParser(parsePortOrAny);
}
