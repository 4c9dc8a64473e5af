/** One value that changes, for `useSyncExternalStore`, at once or with what changes soon after. */
import { useCallback, useSyncExternalStore } from "react";

export interface Store<T> {
  get(): T;
  set(value: T): void;
  update(change: (value: T) => T): void;
  subscribe(listener: () => void): () => void;
}

export function createStore<T>(first: T): Store<T> {
  let value = first;
  const listeners = new Set<() => void>();
  const set = (next: T): void => {
    if (Object.is(next, value)) return;
    value = next;
    for (const listener of listeners) listener();
  };
  return {
    get: () => value,
    set,
    update: (change) => set(change(value)),
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}

const PACE_MS = 200;

/** Calls those that were told of something at most every `PACE_MS`, each once, and all together. */
export function createPace(
  wait: (fire: () => void) => void = (fire) => setTimeout(fire, PACE_MS),
): (listener: () => void) => void {
  const told = new Set<() => void>();
  return (listener) => {
    const isWaiting = told.size > 0;
    told.add(listener);
    if (isWaiting) return;
    wait(() => {
      const all = [...told];
      told.clear();
      for (const one of all) one();
    });
  };
}

const pace = createPace();

/**
 * As `useStore`, for what each block changes: its head, that it is final and what it holds come within moments of each
 * other, and are drawn once.
 */
export function usePacedStore<T>(store: Store<T>): T {
  const subscribe = useCallback(
    (listener: () => void) => store.subscribe(() => pace(listener)),
    [store],
  );
  return useSyncExternalStore(subscribe, store.get);
}
