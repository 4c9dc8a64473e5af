/**
 * What js-libp2p expects of Node 22, for Node 20; must be imported before libp2p.
 */
import { WebSocket } from "ws";

interface PromiseResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (reason?: unknown) => void;
}

function withResolvers<T>(this: PromiseConstructor): PromiseResolvers<T> {
  let resolve: PromiseResolvers<T>["resolve"] | undefined;
  let reject: PromiseResolvers<T>["reject"] | undefined;
  const promise = new this<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  if (resolve === undefined || reject === undefined) throw new TypeError("executors run at once");
  return { promise, resolve, reject };
}

if (!("withResolvers" in Promise)) Object.assign(Promise, { withResolvers });
if (!("WebSocket" in globalThis)) Object.assign(globalThis, { WebSocket });
