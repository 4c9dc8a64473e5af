/** A list of listeners; a failing listener does not keep the others from hearing. */
export interface EventSource<T> {
  /** Returns the function that ends it. */
  subscribe(listener: (event: T) => void): () => void;
}

export interface EventEmitter<T> extends EventSource<T> {
  emit(event: T): void;
}

/** @param onError told what a listener threw */
export function createEmitter<T>(onError: (error: unknown) => void): EventEmitter<T> {
  const listeners = new Set<(event: T) => void>();
  return {
    subscribe: (listener) => {
      const own = (event: T): void => listener(event);
      listeners.add(own);
      return () => listeners.delete(own);
    },
    emit: (event) => {
      for (const listener of [...listeners]) {
        try {
          listener(event);
        } catch (error) {
          onError(error);
        }
      }
    },
  };
}
