/** The local mesh with the rules in istio/, one version of each service. SERVICE_A and SERVICE_B are origins. */
import { fileURLToPath } from 'node:url';
import { startMesh } from '../../mesh/mesh.ts';
import { sayListening } from './listen.ts';

const { SERVICE_A = '', SERVICE_B = '' } = process.env;
const namespace = 'coloring';
const version = 'release-v1';

function service(name: string, origin: string, port: number) {
  const labels = { app: name, version };
  const endpoint = {
    name: version,
    address: '127.0.0.1',
    port: Number(new URL(origin).port),
    labels,
    ready: true,
  };
  return { name, namespace, ports: [{ name: 'http', number: port }], endpoints: [endpoint] };
}

const mesh = await startMesh({
  rules: fileURLToPath(new URL('../../istio', import.meta.url)),
  defaultNamespace: namespace,
  registry: { services: [service('service-a', SERVICE_A, 31000), service('service-b', SERVICE_B, 32000)] },
});
const labels = { app: 'service-a', version };
const sidecar = await mesh.sidecar({ name: `service-a/${version}`, namespace, labels });
sayListening({ port: mesh.gateway.port, sidecar: Number(new URL(sidecar.proxyUrl).port) });
