import { commitDigest, type Replica } from "@pha/protocol";
import { equalBytes, toHex } from "@pha/scale";
import { expect, test } from "vitest";
import { liveNetwork, phaseOf } from "../testing/live-network.ts";
import type { ScriptedHost } from "../testing/scripted-host.ts";

const memberOf = ({ identity, boot }: ScriptedHost): Replica => ({ identity, boot });

/** A live cluster with a history of five commands, and a worker without a seat. */
function withOutsider() {
  const live = liveNetwork();
  const { network, client, pallets } = live;
  for (let i = 1; i <= 5; i++) {
    client.send({ argument: i });
    network.blocks(2);
  }
  network.blocks(3);
  const outsider = network.addWorker("worker-4");
  network.until(() => outsider.status?.registered === true);
  return { ...live, outsider, steps: pallets.steps };
}

test("a worker that is asked executes a block of the past again, and comes to the same root", () => {
  const { network, pallets, outsider, steps } = withOutsider();
  const step = steps[3];
  if (step === undefined) throw new Error("there are six steps");
  pallets.convene([memberOf(outsider)], step.block.number, step.previousRoot);
  network.until(() => pallets.panelVotes.length > 0);
  const [vote] = pallets.panelVotes;
  expect(vote?.commit).toMatchObject({ block: step.block, newRoot: step.newRoot });
  const theirs = pallets.votes.find(({ commit }) => commit.block.number === step.block.number);
  if (vote === undefined || theirs === undefined) throw new Error("both voted");
  expect(toHex(commitDigest(vote.commit))).toBe(toHex(commitDigest(theirs.commit)));
  // Its turn to carry the content comes, as nobody else is on the panel.
  expect(vote.content?.delta).toEqual(step.delta);
  network.blocks(12);
  expect(new Set(pallets.panelVotes.map(({ commit }) => commit.block.number))).toEqual(
    new Set([step.block.number]),
  );
});

test("it says so to the chain alone: no keys, no replies, no answers, and forgets all when it is done", () => {
  const { network, pallets, client, outsider, steps } = withOutsider();
  const step = steps[5];
  if (step === undefined) throw new Error("there are six steps");
  pallets.convene([memberOf(outsider)], step.block.number, step.previousRoot);
  network.until(() => pallets.panelVotes.length > 0);
  expect(outsider.replies).toEqual([]);
  expect(pallets.rejected).toEqual([]);
  const asked = client.ask(outsider);
  expect(asked.type === "answer" && asked.answer.outcome).toEqual({
    type: "Refused",
    value: "query/unknown-contract",
  });
  pallets.convene([]);
  network.blocks(2);
  expect(outsider.logged("unassigned")).toBe(1);
  expect(outsider.status?.clusters).toEqual([]);
});

test("a panel begins at the cluster's creation when it is asked about that", () => {
  const { network, pallets, outsider, steps } = withOutsider();
  const [creation] = steps;
  if (creation === undefined) throw new Error("there is a creation");
  pallets.convene([memberOf(outsider)], 0, creation.previousRoot);
  network.until(() => pallets.panelVotes.length > 0);
  expect(pallets.panelVotes[0]?.commit.newRoot).toEqual(creation.newRoot);
});

test("a disputed block that is not final is executed while the replicas wait", () => {
  const { network, client, pallets, workers, outsider } = withOutsider();
  for (const worker of workers.slice(1)) worker.stop();
  client.send({ argument: 9 });
  network.blocks(3);
  const mine = pallets.votes.at(-1);
  if (mine === undefined) throw new Error("one replica voted");
  const { block, previousRoot, newRoot } = mine.commit;
  pallets.convene([memberOf(outsider)], block.number, previousRoot);
  network.until(() => pallets.panelVotes.length > 0);
  expect(pallets.panelVotes[0]?.commit).toMatchObject({ block, newRoot });
});

test("a member that gets a seat begins anew as replica, and a replica is no judge of its own", () => {
  const { network, client, pallets, workers, outsider, steps } = withOutsider();
  const step = steps[3];
  const [first] = workers;
  if (step === undefined || first === undefined) throw new Error("there are workers");
  pallets.convene([memberOf(outsider), memberOf(first)], step.block.number, step.previousRoot);
  network.until(() => pallets.panelVotes.length > 0);
  expect(pallets.panelVotes.every(({ commit }) => equalBytes(commit.boot, outsider.boot))).toBe(
    true,
  );
  expect(phaseOf(first)).toBe("serving");
  pallets.removeReplica(workers[2]?.identity ?? new Uint8Array(32));
  pallets.seat(memberOf(outsider));
  network.until(() => phaseOf(outsider) === "serving", 40);
  client.send({ argument: 1 });
  network.blocks(6);
  expect(pallets.votes.some(({ commit }) => equalBytes(commit.boot, outsider.boot))).toBe(true);
});
