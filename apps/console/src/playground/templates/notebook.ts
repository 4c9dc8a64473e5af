/** A contract that keeps one text for its owner: a place to begin. */
import { defineContract, ensure, secretValue, text } from "@pha/contract";

export const Notebook = defineContract("notebook", {
  docs: "One note, for the owner's eyes.",
  state: {
    note: secretValue(text(200), "", "The note."),
  },
}).implement(({ command, query }) => ({
  write: command({ docs: "Replaces the note.", args: { note: text(200) } }, (ctx, { note }) => {
    ensure(ctx.callerIsOwner, "notebook/not-the-owner");
    ctx.state.note.put(note);
  }),
  read: query({ docs: "The note.", args: {}, returns: text(200) }, (ctx) => {
    ensure(ctx.callerIsOwner, "notebook/not-the-owner");
    return ctx.state.note.get();
  }),
}));
