/** Whole elections, and their steps. */
import assert from "node:assert/strict";
import {
  type Assignment,
  applyElected,
  balance,
  bestCandidate,
  createGraph,
  electSequentially,
  type Graph,
  phragmms,
  sequentialPhragmen,
  supportsOf,
  toStaked,
} from "@pha/runtime";
import {
  type Json,
  listAt,
  numberAt,
  objectAt,
  objectsAt,
  toBig,
  valueAt,
} from "../consensus/json.ts";
import type { VectorCase } from "../vector-case.ts";
import {
  balancingOf,
  ballotsAt,
  type Name,
  nameOf,
  namesAt,
  pairsByName,
  pairsOf,
  tupleOf,
} from "./values.ts";

export function seqPhragmenCases(file: Json): readonly VectorCase[] {
  return objectsAt(file, "seqPhragmen").map((json, i) => ({
    name: `sequential Phragmén: ${String(valueAt(json, "name") ?? i)}`,
    run: () => {
      const ballots = ballotsAt(json, "voters");
      const election = sequentialPhragmen(
        numberAt(json, "toElect"),
        namesAt(json, "candidates"),
        ballots,
        balancingOf(valueAt(json, "balancing")),
      );
      const checked = [
        checkWinners(json, election.winners),
        checkAssignments(json, election.assignments),
        checkSupports(json, election.assignments, new Map(ballots.map((b) => [b.who, b.stake]))),
        checkCore(json),
      ];
      assert(checked.includes(true), "the case expects something");
      return undefined;
    },
  }));
}

export function phragmmsCases(file: Json): readonly VectorCase[] {
  return objectsAt(file, "phragmms").flatMap((json, i) => {
    const name = `Phragmms: ${String(valueAt(json, "name") ?? i)}`;
    return [
      {
        name,
        run: () => {
          const ballots = ballotsAt(json, "voters");
          const election = phragmms(
            numberAt(json, "toElect"),
            namesAt(json, "candidates"),
            ballots,
            balancingOf(valueAt(json, "balancing")),
          );
          const checked = [
            checkWinners(json, election.winners),
            checkAssignments(json, election.assignments),
          ];
          assert(checked.includes(true), "the case expects something");
          return undefined;
        },
      },
      ...("rounds" in json ? [{ name: `${name}, by rounds`, run: () => checkRounds(json) }] : []),
    ];
  });
}

export function balancingCases(file: Json): readonly VectorCase[] {
  return objectsAt(file, "balancing").map((json, i) => ({
    name: `balancing: ${String(valueAt(json, "name") ?? i)}`,
    run: () => {
      const graph = createGraph(namesAt(json, "candidates"), ballotsAt(json, "voters"));
      electSequentially(numberAt(json, "toElect"), graph);
      assert(balance(graph.voters, balancingOf(json) ?? assert.fail("no balancing")) > 0);
      checkEdges(graph, objectAt(json, "edges"));
      checkCandidates(graph, listAt(json, "candidatesAfter"));
      return undefined;
    },
  }));
}

export function setupCases(file: Json): readonly VectorCase[] {
  return [
    {
      name: "voters without edges are left out",
      run: () => {
        const json = objectAt(file, "setupWithoutEdges");
        const { voters } = createGraph<Name, Name>([], ballotsAt(json, "voters"));
        assert.deepEqual(
          voters.map(({ who }) => who),
          listAt(json, "expectedVoters").map((voter) => nameOf(tupleOf(voter, "a voter")[0])),
        );
        return undefined;
      },
    },
  ];
}

interface WinnerLike {
  readonly who: Name;
  readonly backedStake: bigint;
  readonly round: number;
}

/** `[who, backed stake, round]`, what comes after the name perhaps left out; the order is that of rounds. */
function checkWinners(json: Json, winners: readonly WinnerLike[]): boolean {
  if (!("winners" in json)) return false;
  const expected = listAt(json, "winners").map((item) => {
    const [who, stake, round] = Array.isArray(item) ? item : [item];
    return [
      nameOf(who),
      ...(stake === undefined ? [] : [toBig(stake, "a stake")]),
      ...(round === undefined ? [] : [Number(toBig(round, "a round"))]),
    ];
  });
  assert.deepEqual(
    winners.map(({ who, backedStake, round }, i) =>
      [who, backedStake, round].slice(0, expected[i]?.length),
    ),
    expected,
  );
  return true;
}

function checkAssignments(json: Json, assignments: readonly Assignment<Name>[]): boolean {
  const found = new Map(assignments.map(({ who, distribution }) => [who, distribution]));
  assert.equal(found.size, assignments.length, "a voter has one assignment");
  for (const { distribution } of assignments) {
    const sum = distribution.reduce((total, [, parts]) => total + parts, 0n);
    assert.equal(sum, 1_000_000_000n, "parts sum up to one");
  }
  let any = false;
  if ("assignmentsPerbill" in json) {
    assert.deepEqual(sorted(found), sorted(pairsByName(objectAt(json, "assignmentsPerbill"))));
    any = true;
  }
  if ("assignmentsCount" in json) {
    assert.equal(assignments.length, numberAt(json, "assignmentsCount"));
    any = true;
  }
  if ("assignmentTargets" in json) {
    assert.deepEqual(
      assignments.map(({ who, distribution }) => [who, distribution.map(([target]) => target)]),
      listAt(json, "assignmentTargets").map((item) => {
        const [who, targets] = tupleOf(item, "targets of a voter");
        return [nameOf(who), tupleOf(targets, "targets").map(nameOf)];
      }),
    );
    any = true;
  }
  return any;
}

function sorted<T>(map: ReadonlyMap<Name, T>): readonly (readonly [Name, T])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function checkSupports(
  json: Json,
  assignments: readonly Assignment<Name>[],
  stakes: ReadonlyMap<Name, bigint>,
): boolean {
  if (!("supports" in json)) return false;
  const supports = supportsOf(assignments.map((one) => toStaked(one, stakes.get(one.who) ?? 0n)));
  const expected = objectAt(json, "supports");
  assert.deepEqual([...supports.keys()].sort(), Object.keys(expected).sort());
  for (const [who, { total, voters }] of supports) {
    const support = objectAt(expected, who);
    assert.equal(total, toBig(valueAt(support, "total"), "a total"));
    const byName = (a: readonly [Name, bigint], b: readonly [Name, bigint]) =>
      a[0] < b[0] ? -1 : 1;
    assert.deepEqual(
      [...voters].sort(byName),
      [...pairsOf(valueAt(support, "voters"), "voters")].sort(byName),
    );
  }
  return true;
}

/** The election before balancing: `{ edges, candidates }`. */
function checkCore(json: Json): boolean {
  if (!("core" in json)) return false;
  const core = objectAt(json, "core");
  const graph = createGraph(namesAt(json, "candidates"), ballotsAt(json, "voters"));
  electSequentially(numberAt(json, "toElect"), graph);
  checkEdges(graph, objectAt(core, "edges"));
  checkCandidates(graph, listAt(core, "candidates"));
  return true;
}

type NamedGraph = Graph<Name, Name>;

function edgesOf({ voters }: NamedGraph): ReadonlyMap<Name, readonly (readonly [Name, bigint])[]> {
  return new Map(
    voters.map(({ who, edges }) => [
      who,
      edges.map(({ candidate, weight }) => [candidate.who, weight] as const),
    ]),
  );
}

function checkEdges(graph: NamedGraph, expected: Json): void {
  assert.deepEqual(sorted(edgesOf(graph)), sorted(pairsByName(expected)));
}

/** `[who, elected, round, backed stake]` */
function checkCandidates({ candidates }: NamedGraph, expected: readonly unknown[]): void {
  assert.deepEqual(
    candidates.map(({ who, elected, round, backedStake }) => [who, elected, round, backedStake]),
    expected.map((item) => {
      const [who, elected, round, stake] = tupleOf(item, "a candidate");
      return [nameOf(who), elected, Number(toBig(round, "round")), toBig(stake, "stake")];
    }),
  );
}

/** Step by step: who is best and by what score, and the edges afterwards of the voters listed. */
function checkRounds(json: Json): undefined {
  const graph = createGraph(namesAt(json, "candidates"), ballotsAt(json, "voters"));
  const listed = (edges: Json): void => {
    const found = edgesOf(graph);
    for (const [who, expected] of pairsByName(edges)) assert.deepEqual(found.get(who), expected);
  };
  for (const [round, item] of objectsAt(json, "rounds").entries()) {
    const best = bestCandidate(graph);
    assert(best, "somebody is left");
    assert.equal(best.candidate.who, nameOf(valueAt(item, "winner")));
    assert.equal(best.numerator, toBig(valueAt(item, "score"), "score") * best.denominator);
    applyElected(graph.voters, best);
    if ("edgesAfterApply" in item) listed(objectAt(item, "edgesAfterApply"));
    best.candidate.elected = true;
    best.candidate.round = round;
    for (const [field, edges] of Object.entries(item)) {
      const iterations = /^edgesAfterBalance(\d+)$/.exec(field)?.[1];
      if (iterations === undefined) continue;
      balance(graph.voters, { iterations: Number(iterations), tolerance: 0n });
      listed(objectAt({ edges }, "edges"));
    }
  }
  return undefined;
}
