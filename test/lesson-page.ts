/** The commands of a lesson's page. */

const onCluster = /^## On a cluster\n([\s\S]*?)(?=^## )/m;

/** Lines of its code blocks that are indented by four, in order; pictures are fenced. Without those for a cluster alone. */
export function commandsOf(page: string): string[] {
  return commandsIn(page.replace(onCluster, ''));
}

/** Those below "On a cluster", which no local mesh can run. */
export function clusterCommandsOf(page: string): string[] {
  return commandsIn(onCluster.exec(page)?.[1] ?? '');
}

function commandsIn(page: string): string[] {
  const text = page.replaceAll(/^```[\s\S]*?^```$/gm, '');
  return [...text.matchAll(/^ {4}(\S.*)$/gm)].map(([, command = '']) => command);
}
