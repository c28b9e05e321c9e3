/**
 * What the kit takes from the internet, and where upstream says that it is there. Nothing else in the project decides
 * on a place or a version: commands take them from here, and sources.test.ts holds pages, Dockerfiles and the pipeline
 * against them. To renew one: look it up on its page, change it here with the date, and run that test.
 */
export interface Source {
  /** What it is, in few words. */
  what: string;
  /** Where it is had: a chart repository, a registry, or an image with its tag. */
  at: string;
  /** The release, where `at` does not have it; else what is to be known of it. */
  version?: string;
  /** Files that name it, and commands that use it. */
  usedBy: readonly string[];
  /** Upstream's page that says so. */
  page: string;
  /** When the page was read, as YYYY-MM-DD. */
  lookedUp: string;
  /** What names another place instead. */
  instead?: Instead;
}

export interface Instead {
  option: string;
  variable: string;
}

/** The kind whose release notes give the node's image, by digest. */
export const kindOfNodeImage = '0.33';

const lookedUp = '2026-11-26';
const istio = '1.31.1';
const istioNotes = 'https://istio.io/latest/news/releases/1.31.x/announcing-1.31/upgrade-notes/';

export const sources = {
  istioCharts: {
    what: "Istio's charts",
    at: 'https://blob.istio.io/istio-release/charts',
    version: istio,
    usedBy: ['kind up', 'deploy', 'lessons/README.md'],
    page: istioNotes,
    lookedUp,
    instead: { option: '--istio-charts', variable: 'ISTIO_CHARTS' },
  },
  istioChartsOci: {
    what: 'the same as OCI artifacts',
    at: 'oci://ghcr.io/istio/release/charts',
    version: istio,
    usedBy: ['istio/install/README.md'],
    page: istioNotes,
    lookedUp,
    instead: { option: '--istio-charts', variable: 'ISTIO_CHARTS' },
  },
  istioImages: {
    what: "Istio's images",
    at: 'docker.io/istio',
    version: istio,
    usedBy: ['istio/install/istiod.yaml'],
    page: 'https://istio.io/latest/blog/2026/retirement-of-gcp/',
    lookedUp,
    instead: { option: '--istio-hub', variable: 'ISTIO_HUB' },
  },
  gatewayApi: {
    what: "the Gateway API's CRDs, standard channel",
    at: 'https://github.com/kubernetes-sigs/gateway-api/releases/download/v1.6.1/standard-install.yaml',
    usedBy: ['kind up', 'deploy', 'istio/install/README.md'],
    page: 'https://github.com/kubernetes-sigs/gateway-api/releases/tag/v1.6.1',
    lookedUp,
    instead: { option: '--gateway-api-crds', variable: 'GATEWAY_API_CRDS' },
  },
  checkout: {
    what: 'checks out in GitHub Actions',
    at: 'actions/checkout@v6',
    usedBy: ['examples/github-actions/.github/workflows/lane.yml'],
    page: 'https://github.com/actions/checkout/releases',
    lookedUp,
  },
  argoCd: {
    what: 'fields of Argo CD, from its CRDs',
    at: 'github.com/argoproj/argo-cd/v3@v3.6.1',
    usedBy: ['examples/gitops/README.md'],
    page: 'https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Generators-Pull-Request/',
    lookedUp,
  },
  flux: {
    what: 'fields of Flux and its operator, from their CRDs',
    at: 'github.com/controlplaneio-fluxcd/flux-operator@v0.59.0',
    version: 'brings Flux 2.9.5',
    usedBy: ['examples/gitops/README.md'],
    page: 'https://fluxoperator.dev/docs/crd/resourcesetinputprovider/',
    lookedUp,
  },
  kubernetes: {
    what: "kind's node",
    at: 'kindest/node:v1.36.4@sha256:099e049362a1526b2db71494e1947aae99bd16290d7c895f2b7ea312e3cbfaed',
    version: `for kind ${kindOfNodeImage}`,
    usedBy: ['kind up'],
    page: 'https://github.com/kubernetes-sigs/kind/releases/tag/v0.33.0',
    lookedUp,
    instead: { option: '--node-image', variable: 'KIND_NODE_IMAGE' },
  },
  node: {
    what: 'base of the images',
    at: 'node:26-bookworm-slim',
    version: 'long-term since 2026-10-28',
    usedBy: [
      'Dockerfile',
      'lessons/nginx.Dockerfile',
      'examples/shop/web/Dockerfile',
      'kind up',
      'deploy',
      'lesson',
      'conform',
    ],
    page: 'https://github.com/nodejs/Release#release-schedule',
    lookedUp,
    instead: { option: '--base-image', variable: 'BASE_IMAGE' },
  },
  nodeWithTools: {
    what: 'the job verify',
    at: 'node:26-bookworm',
    usedBy: ['.gitlab-ci.yml'],
    page: 'https://github.com/docker-library/official-images/blob/master/library/node',
    lookedUp,
  },
  docker: {
    what: 'the build jobs',
    at: 'docker:29-cli',
    usedBy: ['.gitlab-ci.yml', 'examples/pipeline-gateway/.gitlab-ci.yml'],
    page: 'https://github.com/docker-library/official-images/blob/master/library/docker',
    lookedUp,
  },
  dockerDaemon: {
    what: 'their daemon',
    at: 'docker:29-dind',
    usedBy: ['.gitlab-ci.yml', 'examples/pipeline-gateway/.gitlab-ci.yml'],
    page: 'https://github.com/docker-library/official-images/blob/master/library/docker',
    lookedUp,
  },
  clusterTools: {
    what: 'helm, kubectl, curl and git of the other jobs',
    at: 'alpine/k8s:1.36.2',
    usedBy: ['.gitlab-ci.yml', 'examples/pipeline-gateway/.gitlab-ci.yml'],
    page: 'https://github.com/alpine-docker/k8s#kubectl-versions',
    lookedUp,
  },
  go: {
    what: 'builds the example in Go',
    at: 'golang:1.27-bookworm',
    usedBy: ['examples/shop/api/Dockerfile'],
    page: 'https://github.com/docker-library/official-images/blob/master/library/golang',
    lookedUp,
  },
  python: {
    what: 'base of the example in Python',
    at: 'python:3.14-slim-bookworm',
    usedBy: ['examples/shop/db-proxy/Dockerfile'],
    page: 'https://github.com/docker-library/official-images/blob/master/library/python',
    lookedUp,
  },
  nginx: {
    what: 'nginx for lessons 11 to 13 on a cluster',
    at: 'nginx:1.30',
    version: 'stable',
    usedBy: ['lessons/README.md'],
    page: 'https://github.com/docker-library/official-images/blob/master/library/nginx',
    lookedUp,
    instead: { option: '--nginx-image', variable: 'NGINX_IMAGE' },
  },
  prometheus: {
    what: 'a Prometheus in a cluster',
    at: 'prom/prometheus:v3.13.4',
    version: 'long-term until 2027-07-31',
    usedBy: ['lessons/24-watching/README.md'],
    page: 'https://prometheus.io/docs/introduction/release-cycle/',
    lookedUp,
  },
} satisfies Record<string, Source>;

/**
 * Minor versions of Kubernetes 1 that this Istio supports, first and last:
 * https://istio.io/latest/docs/releases/supported-releases/#support-status-of-istio-releases, read on the same day.
 */
export const istioRunsOn = { from: 32, to: 37 } as const;

/** The table of all sources, as istio/install/README.md has it. */
export function renderSources(): string {
  const rows = Object.values(sources).map((source: Source) => {
    const users = source.usedBy.map((user) => `\`${user}\``).join(', ');
    const version = source.version ?? '';
    return `| ${source.what} | \`${source.at}\` | ${version} | ${users} | [page](${source.page}) | ${source.lookedUp} |`;
  });
  const head = [
    '| what | from | version | used by | upstream | looked up |',
    '| --- | --- | --- | --- | --- | --- |',
  ];
  return [...head, ...rows].join('\n');
}
