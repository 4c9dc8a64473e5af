/**
 * One WebSocket to a worker host that carries many queries: `u32 LE id ‖ SealedQuery` out, `u32 LE id ‖ QueryResponse` in,
 * refusals as text frames. A response with an empty proof has that of the last one that came with a proof.
 *
 * **Bounds**: `MAX_IN_FLIGHT` queries wait; a connection that ends fails them all.
 */
import { QueryResponse, SealedQuery } from "@pha/protocol";
import { decode, encode, PhaError } from "@pha/scale";

/** The part of a browser's `WebSocket` that is used; npm `ws` has it too. */
export interface BinarySocket {
  binaryType: string;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(): void;
  addEventListener(type: "open" | "close" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
}
/** Class of such sockets. */
export type BinarySocketClass = new (url: string) => BinarySocket;

/** A connection for sealed queries. */
export interface QueryChannel {
  ask(sealed: SealedQuery): Promise<QueryResponse>;
  close(): void;
}

export const MAX_IN_FLIGHT = 256;
const ID_BYTES = 4;

interface Waiting {
  readonly resolve: (response: QueryResponse) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Opens a connection to a worker host for many queries.
 *
 * @param workerUrl base URL of the worker host, `http` or `https`
 */
export async function openQueryChannel(
  workerUrl: string,
  Socket: BinarySocketClass,
): Promise<QueryChannel> {
  const url = `${workerUrl.replace(/^http/, "ws").replace(/\/$/, "")}/v1/session`;
  const waiting = new Map<number, Waiting>();
  const socket = new Socket(url);
  socket.binaryType = "arraybuffer";
  let nextId = 1;
  let ended = false;
  let lastProof: QueryResponse["proof"] = [];

  function end(): void {
    ended = true;
    const error = new PhaError("worker/session-ended", "the session's connection ended", {
      facts: { url },
      hint: "Open a new session; queries change nothing and may be asked again.",
    });
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }

  socket.addEventListener("close", end);
  socket.addEventListener("message", ({ data }) => {
    if (typeof data === "string") refuse(data);
    else if (data instanceof ArrayBuffer) accept(new Uint8Array(data));
  });

  function accept(frame: Uint8Array): void {
    if (frame.length < ID_BYTES) return;
    const id = new DataView(frame.buffer, frame.byteOffset).getUint32(0, true);
    const query = waiting.get(id);
    waiting.delete(id);
    const response = decode(QueryResponse, frame.subarray(ID_BYTES));
    if (response.ok) {
      const { sealed, block, proof } = response.value;
      if (proof.length > 0) lastProof = proof;
      query?.resolve({ sealed, block, proof: lastProof });
    } else
      query?.reject(
        new PhaError("worker/malformed", "the worker's answer cannot be read", {
          facts: { url },
          hint: "Try another replica of the cluster.",
        }),
      );
  }

  function refuse(text: string): void {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      // Not a refusal of this protocol: the query's own time-out tells the caller.
      return;
    }
    const { id, code, hint } = (
      typeof parsed === "object" && parsed !== null
        ? parsed
        : // What is no object has none of the fields.
          {}
    ) as Record<string, unknown>;
    if (typeof id !== "number") return;
    const query = waiting.get(id);
    waiting.delete(id);
    query?.reject(
      new PhaError("worker/refused", `the worker refused the query: ${String(code)}`, {
        facts: { url, problem: String(code) },
        hint: typeof hint === "string" ? hint : "Try again, or another replica of the cluster.",
      }),
    );
  }

  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", () =>
      reject(
        new PhaError("worker/unreachable", `no worker answers at ${url}`, {
          facts: { url },
          hint: "Try another replica of the cluster, or look whether the worker host runs.",
        }),
      ),
    );
  });

  return {
    ask(sealed) {
      if (ended || waiting.size >= MAX_IN_FLIGHT)
        return Promise.reject(
          new PhaError("worker/session-busy", "the session takes no more queries now", {
            facts: { url, waiting: waiting.size },
            hint: "Wait for answers, or open another session.",
          }),
        );
      const id = nextId++ >>> 0;
      const body = encode(SealedQuery, sealed);
      const frame = new Uint8Array(ID_BYTES + body.length);
      new DataView(frame.buffer).setUint32(0, id, true);
      frame.set(body, ID_BYTES);
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        socket.send(frame);
      });
    },
    close() {
      socket.close();
      end();
    },
  };
}
