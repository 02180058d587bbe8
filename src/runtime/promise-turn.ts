/** Resolves when every promise that can settle without an event has done so, however long the chain. */
export function promisesSettled(): Promise<void> {
  // Node runs ticks only after all of the microtasks, those that came about meanwhile included.
  return new Promise((resolve) => process.nextTick(resolve));
}

/** The same, and the event loop gets its turn. */
export function eventLoopTurned(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
