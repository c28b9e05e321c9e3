/** Whether this process wants requests. Not ready is not unhealthy: it is only left out of the load balancing. */
export interface Readiness {
  isReady: () => boolean;
  isStopping: () => boolean;
  /** For good: a process that began to stop does not come back. */
  stop: () => void;
}

export function createReadiness(ready: boolean): Readiness {
  let stopping = false;
  return {
    isReady: () => ready && !stopping,
    isStopping: () => stopping,
    stop: () => {
      stopping = true;
    },
  };
}
