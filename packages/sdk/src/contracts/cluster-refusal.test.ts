import { PhaError } from "@pha/scale";
import { expect, test } from "vitest";
import { clusterRefusal, refusalOf } from "./cluster-refusal.ts";

const CLUSTER = new Uint8Array(32).fill(1);

/** As `Chain.submit` throws it. */
function refused(error: string, code = "chain/dispatch-failed"): PhaError {
  return new PhaError(code, "refused", { facts: { error } });
}

test.each([
  ["ClusterLate", "cluster/late"],
  ["ClusterDisputed", "cluster/disputed"],
  ["ClusterHalted", "cluster/halted"],
  ["ClusterNotLive", "cluster/pending"],
])("a cluster that takes no command (%s) says so as %s", (name, code) => {
  const cause = refused(`PhalaPhatContracts.${name}`);
  expect(clusterRefusal(CLUSTER, cause)).toMatchObject({
    code,
    cause,
    hint: expect.stringMatching(/\w/),
  });
});

test("other errors stay what they are", () => {
  const others = [
    refused("PhalaPhatContracts.Expired"),
    refused("Balances.ClusterHalted"),
    refused("PhalaPhatContracts.ClusterHalted", "rpc/closed"),
    new Error("ClusterHalted"),
  ];
  for (const error of others) expect(clusterRefusal(CLUSTER, error)).toBe(error);
  expect(others.map(refusalOf)).toEqual(["Expired", undefined, undefined, undefined]);
});
