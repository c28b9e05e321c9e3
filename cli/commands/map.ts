/** `coloring map`: the traffic map of a cluster. `npm start` serves that of the local mesh. */
import { Command } from 'commander';
import { Cluster } from '../../cluster/cluster.ts';
import { gatewayUrl } from '../../cluster/gateway-door.ts';
import { ObjectReader } from '../../cluster/objects.ts';
import { Shell } from '../../cluster/shell.ts';
import { readLanes } from '../../lanes/lanes.ts';
import { lanesOption } from '../../lanes/options.ts';
import { ClusterSource } from '../../map/cluster/cluster-source.ts';
import { serveMap } from '../../map/server.ts';
import { stoppable } from '../../runtime/stoppable.ts';
import { mapPortOption } from '../map-port.ts';

interface MapOptions {
  context: string;
  lanes: string;
  url?: string;
  mapPort: number;
}

export function command(): Command {
  return new Command('map')
    .summary('serve the traffic map of a cluster')
    .description(
      "Serves a page that shows the lanes of a cluster while they are used: who serves each request, and why. With the rights of the user's kubeconfig; a change is shown as a kubectl command first. (coloring start serves the map of the local mesh.)",
    )
    .requiredOption('--context <name>', "which cluster, of kubectl's configuration")
    .addOption(lanesOption())
    .option(
      '--url <url>',
      'where its gateway answers, for requests that the page sends; default: that of kind',
    )
    .addOption(mapPortOption('port of the map; 0 takes any free one'))
    .action(map);
}

async function map({ context, lanes: file, url, mapPort }: MapOptions): Promise<void> {
  const lanes = await readLanes(file);
  const signal = stoppable();
  const shell = new Shell({ dryRun: false, say: () => {}, signal });
  const cluster = new Cluster(context, shell);
  const found = url === undefined ? await gatewayUrl(cluster, shell, lanes) : { url };
  const gateway = 'url' in found ? found.url : undefined;
  const objects = new ObjectReader(cluster);
  const source = await ClusterSource.open({ cluster, objects, lanes, gateway, signal });
  const served = await serveMap(source, mapPort);
  console.log(`  the map       ${served.url}`);
  const unknown = 'wayOut' in found && `not known, so the page sends nothing: ${found.wayOut}`;
  console.log(`  the gateway   ${gateway ?? unknown}`);
  console.log('  to stop       Ctrl-C');
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  await served.close();
}
