/** Whether the first item leaves the heap before the second. */
export type Before<Item> = (first: Item, second: Item) => boolean;

/** Adds an item to a binary heap kept in an array. */
export function pushToHeap<Item>(heap: Item[], item: Item, before: Before<Item>): void {
  let index = heap.length;
  heap.push(item);
  while (index > 0) {
    const parentIndex = (index - 1) >> 1;
    const parent = heap[parentIndex];
    if (parent === undefined || !before(item, parent)) break;
    heap[index] = parent;
    index = parentIndex;
  }
  heap[index] = item;
}

/** Removes and returns the item that comes before all others, or undefined when the heap is empty. */
export function popFromHeap<Item>(heap: Item[], before: Before<Item>): Item | undefined {
  const top = heap[0];
  const moved = heap.pop();
  if (moved === undefined || heap.length === 0) return top;

  let index = 0;
  for (;;) {
    let childIndex = 2 * index + 1;
    let child = heap[childIndex];
    const sibling = heap[childIndex + 1];
    if (child !== undefined && sibling !== undefined && before(sibling, child)) {
      child = sibling;
      childIndex += 1;
    }
    if (child === undefined || !before(child, moved)) break;
    heap[index] = child;
    index = childIndex;
  }
  heap[index] = moved;
  return top;
}
