import { describe, expect, it } from "vitest";
import {
  createRelayCore,
  MIN_WARP_BLOCKS,
  type RelayInput,
  type RelayOutput,
} from "./relay-core.ts";

function run(inputs: readonly RelayInput[]): readonly RelayOutput[] {
  const core = createRelayCore({ mayWarp: false });
  return inputs.flatMap((input) => core.step(input));
}

describe("relay core", () => {
  it("asks for nothing before pRuntime said which block comes next", () => {
    expect(run([{ type: "finalized", number: 9 }])).toEqual([]);
    expect(
      run([
        { type: "finalized", number: 9 },
        { type: "ready", head: 4 },
      ]),
    ).toEqual([{ type: "fetch", from: 5 }]);
  });

  it("has one batch outstanding and fetches the next on Synced", () => {
    const core = createRelayCore({ mayWarp: false });
    core.step({ type: "ready", head: 0 });
    expect(core.step({ type: "finalized", number: 1 })).toEqual([{ type: "fetch", from: 1 }]);
    expect(core.step({ type: "finalized", number: 2 })).toEqual([]);
    expect(core.step({ type: "sent", from: 1 })).toEqual([]);
    expect(core.step({ type: "finalized", number: 3 })).toEqual([]);
    expect(core.step({ type: "synced", head: 1, registered: false })).toEqual([
      { type: "fetch", from: 2 },
    ]);
  });

  it("registers once, when pRuntime has the newest finalized block", () => {
    const core = createRelayCore({ mayWarp: false });
    core.step({ type: "ready", head: 0 });
    core.step({ type: "finalized", number: 2 });
    core.step({ type: "sent", from: 1 });
    expect(core.step({ type: "synced", head: 1, registered: false })).toEqual([
      { type: "fetch", from: 2 },
    ]);
    core.step({ type: "sent", from: 2 });
    expect(core.step({ type: "synced", head: 2, registered: false })).toEqual([
      { type: "register" },
    ]);
    core.step({ type: "finalized", number: 3 });
    core.step({ type: "sent", from: 3 });
    expect(core.step({ type: "synced", head: 3, registered: false })).toEqual([]);
  });

  it("registers at genesis only when the node said that nothing is finalized yet", () => {
    const fresh = createRelayCore({ mayWarp: false });
    expect(fresh.step({ type: "ready", head: 0 })).toEqual([]);
    expect(fresh.step({ type: "finalized", number: 0 })).toEqual([{ type: "register" }]);
    expect(fresh.step({ type: "finalized", number: 0 })).toEqual([]);
    const old = createRelayCore({ mayWarp: false });
    old.step({ type: "finalized", number: 9 });
    expect(old.step({ type: "ready", head: 0 })).toEqual([{ type: "fetch", from: 1 }]);
  });

  it("skips blocks by a warp when it is far behind, may, and has not registered", () => {
    const far = { type: "finalized", number: MIN_WARP_BLOCKS + 4 } as const;
    const core = createRelayCore({ mayWarp: true });
    core.step({ type: "ready", head: 4 });
    expect(core.step(far)).toEqual([{ type: "fetch-warp", from: 5 }]);
    core.step({ type: "sent", from: 5 });
    expect(core.step({ type: "synced", head: far.number - 1, registered: false })).toEqual([
      { type: "fetch", from: far.number },
    ]);
    core.step({ type: "sent", from: far.number });
    expect(core.step({ type: "synced", head: far.number, registered: false })).toEqual([
      { type: "register" },
    ]);
    // However far behind it falls, messages may name it now.
    expect(core.step({ type: "finalized", number: 3 * MIN_WARP_BLOCKS })).toEqual([
      { type: "fetch", from: far.number + 1 },
    ]);
    const near = createRelayCore({ mayWarp: true });
    near.step({ type: "ready", head: 5 });
    expect(near.step(far)).toEqual([{ type: "fetch", from: 6 }]);
    const gatekeeper = createRelayCore({ mayWarp: false });
    gatekeeper.step({ type: "ready", head: 0 });
    expect(gatekeeper.step(far)).toEqual([{ type: "fetch", from: 1 }]);
  });

  it("takes every block when a warp is refused, not to be had, or fails", () => {
    for (const input of [
      { type: "nothing", from: 1 },
      { type: "failed", from: 1 },
      { type: "refused" },
    ] as const) {
      const core = createRelayCore({ mayWarp: true });
      core.step({ type: "ready", head: 0 });
      core.step({ type: "finalized", number: 9_999 });
      if (input.type === "refused") core.step({ type: "sent", from: 1 });
      expect(core.step(input).at(-1)?.type).toBe("pause");
      expect(core.step({ type: "again" })).toEqual([{ type: "fetch", from: 1 }]);
    }
  });

  it("pauses after a failed fetch and tries again", () => {
    const core = createRelayCore({ mayWarp: false });
    core.step({ type: "ready", head: 0 });
    core.step({ type: "finalized", number: 1 });
    expect(core.step({ type: "failed", from: 1 })).toMatchObject([{ type: "pause" }]);
    expect(core.step({ type: "again" })).toEqual([{ type: "fetch", from: 1 }]);
  });

  it("fetches a refused batch anew and gives up after several", () => {
    const core = createRelayCore({ mayWarp: false });
    core.step({ type: "ready", head: 0 });
    core.step({ type: "finalized", number: 1 });
    const seen: string[] = [];
    for (let i = 0; i < 5; i++) {
      core.step({ type: "sent", from: 1 });
      seen.push(...core.step({ type: "refused" }).map(({ type }) => type));
      core.step({ type: "again" });
    }
    expect(seen).toEqual([...Array(4).fill(["forget", "pause"]).flat(), "restart"]);
  });
});
