/** The image of the relay: built of this checkout for a cluster of kind, or one that somebody has pushed. */
import { Failure } from '../../runtime/failure.ts';
import { isPackage } from '../../runtime/project.ts';
import type { Cluster } from '../cluster.ts';
import { buildRelay } from '../images.ts';
import { kindOf, loadImages } from '../kind.ts';
import { refuseUnknownContext } from '../no-answer.ts';
import type { Shell } from '../shell.ts';

/** @throws Failure where it has to be named: known before anything is done */
export async function refuseUnknownImage(cluster: Cluster, image: string | undefined): Promise<void> {
  const { context } = cluster;
  if (image !== undefined || (kindOf(context) !== undefined && !isPackage)) return;
  await refuseUnknownContext(cluster);
  const why = isPackage
    ? 'the package has no sources to build it of'
    : `Only a context that kind has made, kind-NAME, gets it built and loaded, and this one is ${context}`;
  throw new Failure(
    `Which image of the relay? ${why}. Build it in a checkout of this project (docker build --build-arg SERVICE=relay -t REGISTRY/relay . && docker push REGISTRY/relay), and name it: --relay-image REGISTRY/relay.`,
    2,
  );
}

/** Built of this checkout, and put into the cluster's node, unless kind finds it there. */
export async function provideRelay(shell: Shell, context: string, baseImage: string): Promise<string> {
  const image = await buildRelay(shell, { baseImage });
  const name = kindOf(context);
  if (name !== undefined) await loadImages(shell, name, [image]);
  return image;
}
