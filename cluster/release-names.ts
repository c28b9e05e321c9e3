/**
 * Names on a cluster: a version's Helm release and all its objects are called <service>-<version>. charts/version has
 * the same rules, for those who use it by itself; here they are told before anything is made.
 */
import { isLabel } from '../lanes/schema.ts';

/** https://helm.sh/docs/chart_template_guide/getting_started/#adding-a-simple-template-call */
const releaseLength = 53;

export function versionRelease(service: string, version: string): string {
  return `${service}-${version}`;
}

export function routesRelease(service: string): string {
  return `${service}-routes`;
}

/** Why a version of this service cannot have this name; undefined where it can. */
export function nameProblem(service: string, version: string): string | undefined {
  if (!isLabel(version)) {
    const slug = version
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '');
    const instead = isLabel(slug) ? `; write ${slug}` : '';
    return `version ${JSON.stringify(version)} is not a name of a-z, 0-9 and "-", of at most 63 characters, that begins and ends with a letter or digit (a DNS-1123 label)${instead}`;
  }
  const release = versionRelease(service, version);
  if (release === routesRelease(service)) {
    return `version ${version}: ${release} is the Helm release of ${service}'s routes; choose another name`;
  }
  const longest = releaseLength - service.length - 1;
  if (version.length > longest) {
    return `version ${version}: ${release} has ${release.length} characters, and a Helm release at most ${releaseLength}: a version of ${service} may have ${Math.max(longest, 0)}`;
  }
  return undefined;
}
