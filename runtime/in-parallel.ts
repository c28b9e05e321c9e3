/** Work on many things, some at a time. */

/** Resolves when all are done. @throws what the first that fails throws; none is begun after it */
export async function inParallel<Item>(
  items: readonly Item[],
  atATime: number,
  act: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0;
  const work = async () => {
    try {
      while (next < items.length) await act(items[next++] as Item);
    } catch (error) {
      next = items.length;
      throw error;
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
}
