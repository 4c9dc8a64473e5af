/** A chain of smoldot in the form of a WebSocket, so that the transport for nodes serves it too. */
import type { WebSocketLike } from "../rpc/web-socket.ts";
import type { SmoldotChain } from "./smoldot.ts";

/** Class whose one object speaks to the chain; `onClose` is told when either side ended it. */
export function smoldotSocket(
  chain: SmoldotChain,
  onClose: () => void,
): new (
  url: string,
) => WebSocketLike {
  return class {
    readonly #heard = new Set<(event: { readonly data: unknown }) => void>();
    readonly #plain = new Map<string, (() => void)[]>();
    #isClosed = false;

    constructor() {
      setTimeout(() => this.#tell("open"));
      void this.#listen();
    }

    send(data: string): void {
      if (!this.#isClosed) chain.sendJsonRpc(data);
    }

    close(): void {
      if (this.#isClosed) return;
      this.#isClosed = true;
      this.#tell("close");
      onClose();
    }

    addEventListener(type: "open" | "close" | "error", listener: () => void): void;
    addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
    addEventListener(type: string, listener: (event: { readonly data: unknown }) => void): void {
      if (type === "message") this.#heard.add(listener);
      else this.#plain.set(type, [...(this.#plain.get(type) ?? []), () => listener({ data: "" })]);
    }

    async #listen(): Promise<void> {
      try {
        while (!this.#isClosed) {
          const data = await chain.nextJsonRpcResponse();
          for (const listener of this.#heard) listener({ data });
        }
      } catch {
        // The chain was removed, or smoldot ended.
        this.close();
      }
    }

    #tell(type: string): void {
      for (const listener of this.#plain.get(type) ?? []) listener();
    }
  };
}
