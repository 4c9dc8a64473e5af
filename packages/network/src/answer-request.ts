/** Answers a peer's request from the chain: bytes in, bytes out. */
import { WarpProof } from "@pha/consensus";
import { encode, fail, ok, type Result } from "@pha/scale";
import type { NetworkChain } from "./network-chain.ts";
import type { MisbehaviourCode } from "./peers/index.ts";
import {
  decodeBlockRequest,
  decodeLightRequest,
  decodeStateRequest,
  encodeBlockResponse,
  encodeLightResponse,
  encodeStateResponse,
  type LightRequest,
  REQUEST_LIMITS,
  type RequestKind,
} from "./wire/index.ts";

export type Answer = Result<Uint8Array, MisbehaviourCode | "refused">;

/** Room for what stands around the blocks of an answer. */
const SLACK_BYTES = 1 << 20;

export function answerRequest(
  chain: NetworkChain,
  kind: Exclude<RequestKind, "kad">,
  request: Uint8Array,
): Answer {
  const maxBytes = REQUEST_LIMITS[kind].maxResponseBytes;
  switch (kind) {
    case "sync":
      return answerBlocks(chain, request, maxBytes - SLACK_BYTES);
    case "state": {
      const decoded = decodeStateRequest(request);
      if (!decoded.ok) return malformed();
      const state = chain.state(decoded.value, maxBytes - SLACK_BYTES);
      return state ? within(encodeStateResponse(state), maxBytes) : fail("refused");
    }
    case "light": {
      const decoded = decodeLightRequest(request);
      if (!decoded.ok) return malformed();
      const { type } = decoded.value;
      const proof = proofOf(chain, decoded.value);
      return within(
        encodeLightResponse({ type: type === "call" ? type : "read", proof }),
        maxBytes,
      );
    }
    case "warp": {
      if (request.length !== 32) return malformed();
      const proof = chain.warpProof(request, maxBytes - SLACK_BYTES);
      return proof ? within(encode(WarpProof, proof), maxBytes) : fail("refused");
    }
  }
}

function answerBlocks(chain: NetworkChain, bytes: Uint8Array, maxBytes: number): Answer {
  const decoded = decodeBlockRequest(bytes);
  if (!decoded.ok) return malformed();
  const { namesEngines } = decoded.value;
  const blocks = chain.blocks(decoded.value, maxBytes);
  return within(encodeBlockResponse(blocks, { namesEngines }), maxBytes + SLACK_BYTES);
}

/** There are no child tries on this chain: nothing of theirs can be proven. */
function proofOf(chain: NetworkChain, request: LightRequest): readonly Uint8Array[] | undefined {
  switch (request.type) {
    case "call":
      return chain.callProof(request.block, request.method, request.data);
    case "read":
      return chain.readProof(request.block, request.keys);
    case "read-child":
      return undefined;
  }
}

function within(answer: Uint8Array, maxBytes: number): Answer {
  return answer.length <= maxBytes ? ok(answer) : fail("refused");
}

function malformed(): Answer {
  return fail("peer/malformed-message");
}
