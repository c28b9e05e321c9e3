/** The namespaces of a scene on a cluster, and how its names become those of its slot and back. */

/** Namespaces and label of one slot. */
export type SlotNames = ReturnType<typeof slotNames>;

export function slotNames(main: string) {
  return { main, elsewhere: `${main}-elsewhere`, system: `${main}-system`, gatewayLabel: `gateway-${main}` };
}

/** The scene's names in the slot's. @param coloring the namespace that the scene's world names */
export function forth<T>(
  value: T,
  { main, elsewhere, system, gatewayLabel }: SlotNames,
  coloring: string,
): T {
  return replaceWords(value, [
    ['ingressgateway', gatewayLabel],
    ['istio-system', system],
    ['elsewhere', elsewhere],
    [coloring, main],
  ]);
}

/** The slot's names in the scene's. */
export function back<T>(value: T, { main, elsewhere, system, gatewayLabel }: SlotNames, coloring: string): T {
  return replaceWords(value, [
    [gatewayLabel, 'ingressgateway'],
    [system, 'istio-system'],
    [elsewhere, 'elsewhere'],
    [main, coloring],
  ]);
}

function replaceWords<T>(value: T, words: readonly (readonly [from: string, to: string])[]): T {
  const text = words.reduce(
    (all, [from, to]) => all.replace(new RegExp(`\\b${from}\\b`, 'g'), to),
    JSON.stringify(value),
  );
  return JSON.parse(text) as T;
}
