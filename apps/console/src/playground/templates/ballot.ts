/** A secret ballot: who votes is known, how is not, the count opens when the owner closes it, and it logs for its owner. */
import { defineContract, ensure, publicValue, secretMap } from "@pha/contract";
import { bool, fixedBytes, struct, u32 } from "@pha/scale";

export const Ballot = defineContract("ballot", {
  docs: "Yes or no, once an account, counted in secret.",
  logs: "That a vote came and when the ballot was closed; never how anybody voted.",
  state: {
    votes: secretMap(fixedBytes(32), bool, "How each account voted."),
    yes: publicValue(u32, 0, "Votes for it."),
    no: publicValue(u32, 0, "Votes against it."),
    closed: publicValue(bool, false, "Whether it is over."),
  },
}).implement(({ command, query }) => ({
  vote: command(
    { docs: "Votes, once. The vote is sealed; that you voted is not.", args: { yes: bool } },
    ({ caller, log, state }, { yes }) => {
      ensure(!state.closed.get(), "ballot/closed");
      ensure(!state.votes.has(caller), "ballot/voted-before");
      state.votes.put(caller, yes);
      const count = yes ? state.yes : state.no;
      count.put(count.get() + 1);
      log(`Vote ${state.yes.get() + state.no.get()} came.`);
    },
  ),
  close: command(
    { docs: "For the owner: ends the ballot.", args: {} },
    ({ callerIsOwner, log, state }) => {
      ensure(callerIsOwner, "ballot/not-the-owner");
      state.closed.put(true);
      log("The ballot is closed.");
    },
  ),
  result: query(
    { docs: "The count, once it is closed.", args: {}, returns: struct({ yes: u32, no: u32 }) },
    ({ state }) => {
      ensure(state.closed.get(), "ballot/still-open");
      return { yes: state.yes.get(), no: state.no.get() };
    },
  ),
  mine: query({ docs: "How the caller voted.", args: {}, returns: bool }, ({ caller, state }) => {
    ensure(state.votes.has(caller), "ballot/did-not-vote");
    return state.votes.get(caller).map((vote) => vote ?? false);
  }),
}));
