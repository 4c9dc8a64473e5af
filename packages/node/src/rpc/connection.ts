/** One client: its requests in order of arrival, its subscriptions, and what it has not read yet. */
import { PhaError } from "@pha/scale";
import type { Lane } from "./dispatcher.ts";
import {
  errorText,
  notificationText,
  type RequestId,
  type RpcMessage,
  type RpcRequest,
  readMessage,
  resultText,
} from "./json-rpc.ts";
import type { RpcLimits } from "./limits.ts";
import type { MethodGroup, RpcConnection, Sink } from "./method.ts";
import { isKnownRpcError, rpcErrorOf } from "./rpc-errors.ts";

/** How a connection's text leaves; both transports have one. */
export interface Outlet {
  readonly canNotify: boolean;
  send(text: string): void;
  /** Bytes sent and not yet taken by the peer. */
  bufferedBytes(): number;
  close(reason: string): void;
}

export interface ConnectionOptions {
  readonly id: number;
  readonly outlet: Outlet;
  readonly methods: MethodGroup;
  readonly limits: RpcLimits;
  readonly lane: Lane;
  readonly newSubscriptionId: () => string;
  /** Told of failures that are ours. */
  readonly onInternalError: (method: string, error: unknown) => void;
  readonly onRequest: (method: string) => void;
}

interface Subscription {
  stop: () => void;
  /** Notifications that wait for the answer that names the subscription. */
  backlog: string[] | undefined;
}

export class Connection implements RpcConnection {
  readonly id: number;
  readonly #options: ConnectionOptions;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #onClose: (() => void)[] = [];
  #isClosed = false;

  constructor(options: ConnectionOptions) {
    this.id = options.id;
    this.#options = options;
  }

  get subscriptionCount(): number {
    return this.#subscriptions.size;
  }

  /** Takes one message; answers go to the outlet, those of a batch together. */
  receive(text: string): void {
    const message = readMessage(text, { maxBatch: this.#options.limits.maxBatch });
    if (!message.ok) {
      this.#send(errorText(message.error.id, message.error.error));
      return;
    }
    const answer = answerCollector(message.value, (joined) => this.#send(joined));
    message.value.requests.forEach((request, index) => {
      if (request.ok) this.#enqueue(request.value, (text) => answer(index, text));
      else answer(index, errorText(request.error.id, request.error.error));
    });
  }

  subscribe(notification: string, start: (sink: Sink) => () => void): string {
    const { outlet, limits, newSubscriptionId } = this.#options;
    if (!outlet.canNotify)
      throw new PhaError("rpc/needs-websocket", "subscriptions need a WebSocket connection", {
        hint: "connect with ws:// instead of http://",
      });
    if (this.#isClosed)
      throw new PhaError("rpc/stopping", "the connection was closed", { hint: "connect again" });
    if (this.#subscriptions.size >= limits.maxSubscriptions)
      throw new PhaError(
        "rpc/too-many-subscriptions",
        `a connection has at most ${limits.maxSubscriptions} subscriptions`,
        { hint: "end subscriptions that are no longer used" },
      );
    const id = newSubscriptionId();
    const subscription: Subscription = { stop: () => {}, backlog: [] };
    this.#subscriptions.set(id, subscription);
    subscription.stop = start({
      subscription: id,
      send: (result) => {
        if (!this.#subscriptions.has(id)) return;
        const text = notificationText(notification, id, result);
        if (subscription.backlog) subscription.backlog.push(text);
        else this.#send(text);
      },
      end: () => this.unsubscribe(id),
    });
    return id;
  }

  unsubscribe(id: string): boolean {
    const subscription = this.#subscriptions.get(id);
    if (!subscription) return false;
    this.#subscriptions.delete(id);
    subscription.stop();
    return true;
  }

  onClose(run: () => void): void {
    this.#onClose.push(run);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.lane.close();
    for (const id of [...this.#subscriptions.keys()]) this.unsubscribe(id);
    for (const run of this.#onClose) run();
  }

  #enqueue(request: RpcRequest, answer: (text: string) => void): void {
    const { lane } = this.#options;
    const id = request.id ?? null;
    const fail = (error: unknown): void => answer(errorText(id, rpcErrorOf(error)));
    try {
      lane.enqueue(
        () => this.#run(request, id, answer),
        () =>
          fail(
            new PhaError("rpc/deadline", "the request waited longer than its deadline", {
              hint: "send it again when the node has less to do",
            }),
          ),
      );
    } catch (error) {
      fail(error);
    }
  }

  #run(
    { method, params }: RpcRequest,
    id: RequestId,
    answer: (text: string) => void,
  ): Promise<void> | undefined {
    const { methods, onInternalError, onRequest } = this.#options;
    if (this.#isClosed) return undefined;
    const failed = (error: unknown): void => {
      if (!isKnownRpcError(error)) onInternalError(method, error);
      answer(errorText(id, rpcErrorOf(error)));
    };
    const succeeded = (result: unknown): void => {
      answer(resultText(id, result));
      if (typeof result === "string") this.#flush(result);
    };
    const run = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (!run) {
      failed(
        new PhaError("rpc/unknown-method", "Method not found", {
          hint: "rpc_methods lists what there is",
        }),
      );
      return undefined;
    }
    onRequest(method);
    try {
      const result = run({ params, connection: this });
      if (result instanceof Promise) return result.then(succeeded, failed);
      succeeded(result);
    } catch (error) {
      failed(error);
    }
    return undefined;
  }

  /** The answer with the subscription's id has left: what it had to say may follow. */
  #flush(id: string): void {
    const subscription = this.#subscriptions.get(id);
    const backlog = subscription?.backlog;
    if (!subscription || !backlog) return;
    subscription.backlog = undefined;
    for (const text of backlog) this.#send(text);
  }

  #send(text: string): void {
    if (this.#isClosed) return;
    const { outlet, limits } = this.#options;
    outlet.send(text);
    if (outlet.bufferedBytes() <= limits.maxBufferedBytes) return;
    outlet.close("the client reads too slowly");
    this.close();
  }
}

/** Joins the answers of a batch in the order of its requests. */
function answerCollector(
  { isBatch, requests }: RpcMessage,
  send: (text: string) => void,
): (index: number, text: string) => void {
  const needsAnswer = requests.map((request) => !request.ok || request.value.id !== undefined);
  if (!isBatch) return (index, text) => (needsAnswer[index] ? send(text) : send(""));
  const answers: string[] = [];
  let left = requests.length;
  return (index, text) => {
    if (needsAnswer[index]) answers[index] = text;
    if (--left > 0) return;
    const given = answers.filter((answer) => answer !== undefined);
    send(given.length > 0 ? `[${given.join(",")}]` : "");
  };
}
