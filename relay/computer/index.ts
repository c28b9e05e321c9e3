/** The computer's side of a lane, for whoever knows how the pod is reached. */

export { streamPort } from '../stream/handshake.ts';
export { newSessionKey, type SessionKey } from '../stream/session-key.ts';
export { type ClusterHostsOptions, clusterHosts } from './cluster-hosts.ts';
export { type Computer, type ComputerOptions, type ComputerState, connectComputer } from './connect.ts';
export { type Forward, type RunningForward, readForward, startForward } from './forward.ts';
export { type HttpProxy, type HttpProxyOptions, startHttpProxy } from './http-proxy.ts';
export type { ProcessState } from './local-program.ts';
export { processState } from './process-state.ts';
