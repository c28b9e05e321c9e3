/** The labels of a version's pods that every deployment of this kit gives; Istio's canonical names among them. */

export function labelsOf(service: string, version: string) {
  return {
    app: service,
    version,
    'app.kubernetes.io/name': service,
    'app.kubernetes.io/version': version,
  };
}

/** Whether {@link labelsOf} gives a label of this name. */
export function isGivenLabel(name: string): boolean {
  return name in labelsOf('', '');
}
