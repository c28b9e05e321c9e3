/** Lanes in the dialect that a command is told, or else the one of their file. */
import { notInGatewayApi } from './generate/gateway-api.ts';
import { readLanes } from './lanes.ts';
import type { Dialect, Lanes } from './model.ts';

/**
 * Reads a lanes file; says on standard error what the dialect has no words for.
 * @param dialect goes before what the file says
 * @throws LanesError
 */
export async function readLanesIn(dialect: Dialect | undefined, file: string): Promise<Lanes> {
  const read = await readLanes(file);
  const lanes = { ...read, dialect: dialect ?? read.dialect };
  if (lanes.dialect === 'gateway') {
    for (const left of notInGatewayApi(lanes)) console.error(`${lanes.file}: left out, ${left}`);
  }
  return lanes;
}
