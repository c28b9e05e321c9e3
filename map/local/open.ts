/** The map of lanes that run on this computer. */
import { serveMap, type TrafficMap } from '../server.ts';
import { LocalSource, type LocalSourceOptions } from './local-source.ts';

/**
 * @param port where the map is served; in use, any free one is taken
 */
export async function openLocalMap(options: LocalSourceOptions, port: number): Promise<TrafficMap> {
  const source = new LocalSource(options);
  const map = await serveMap(source, port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    return serveMap(source, 0);
  });
  return {
    ...map,
    get url() {
      return map.url;
    },
    close: async () => {
      source.close();
      await map.close();
    },
  };
}
