import { afterEach, expect, test, vi } from "vitest";
import { actOnFault, readFaults, stateOf } from "./devnet-faults.ts";

afterEach(() => vi.unstubAllGlobals());

function serve(answers: Readonly<Record<string, Response | undefined>>): void {
  vi.stubGlobal("fetch", async (path: string) => {
    const answer = answers[path];
    if (answer === undefined) throw new TypeError("nobody is there");
    return answer.clone();
  });
}

const withToken = Response.json({ networks: [], faults: { token: "ab12" } });

test("where no devnet serves the page there are no faults to give", async () => {
  serve({ "/pha.json": Response.json({ networks: [] }) });
  expect(await readFaults()).toBeUndefined();
  serve({ "/pha.json": new Response("<!doctype html>") });
  expect(await readFaults()).toBeUndefined();
  await expect(actOnFault("start", "crash", "worker-1")).rejects.toMatchObject({
    code: "devnet/none-here",
  });
});

test("a devnet's refusal keeps its code; one that is gone is said to be", async () => {
  const refusal = {
    code: "devnet/not-running",
    message: "worker-1 does not run now",
    hint: "Wait.",
  };
  serve({ "/pha.json": withToken, "/dev/faults": Response.json(refusal, { status: 409 }) });
  await expect(actOnFault("start", "crash", "worker-1")).rejects.toMatchObject(refusal);
  serve({ "/pha.json": withToken });
  await expect(readFaults()).rejects.toMatchObject({ code: "devnet/none-here" });
});

test("its state is taken field by field", () => {
  const active = { fault: "partition", target: "worker-host", since: 5 };
  expect(
    stateOf({
      targets: { crash: ["worker-1", 7], melt: ["x"] },
      active: [active, { ...active, fault: "melt" }, null],
    }),
  ).toEqual({
    targets: { crash: ["worker-1"], "stale-state": [], "tampered-runtime": [], partition: [] },
    active: [active],
  });
  for (const odd of [null, 7, [], { active: {} }]) expect(stateOf(odd).active).toEqual([]);
});
