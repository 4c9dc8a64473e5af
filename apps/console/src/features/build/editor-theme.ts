/** Looks of the editor, in the page's own colours, which reach into its shadow tree. */
import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

export const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: "var(--sealed)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--verified)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--simulated)" },
  { tag: tags.comment, color: "var(--ink-muted)" },
  { tag: [tags.typeName, tags.className], color: "var(--accent)" },
  {
    tag: [tags.function(tags.variableName), tags.function(tags.propertyName)],
    color: "var(--accent)",
  },
  { tag: tags.invalid, color: "var(--broken)" },
]);

export const THEME = EditorView.theme({
  "&": {
    height: "100%",
    color: "var(--ink)",
    backgroundColor: "var(--surface)",
    fontSize: "var(--text-small)",
  },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--ink)", paddingBlock: "var(--space-3)" },
  // The box around it shows the focus.
  "&.cm-focused": { outline: "none" },
  ".cm-gutters": {
    color: "var(--ink-muted)",
    backgroundColor: "var(--surface)",
    borderInlineEnd: "1px solid var(--line)",
  },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--surface-sunk) 55%, transparent)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--accent-soft)" },
  ".cm-tooltip": {
    color: "var(--ink)",
    backgroundColor: "var(--surface)",
    border: "1px solid var(--line-strong)",
    borderRadius: "var(--radius-small)",
    boxShadow: "var(--shadow)",
    maxWidth: "min(560px, 90vw)",
    overflow: "hidden",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "2px 8px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    color: "var(--accent-ink)",
    backgroundColor: "var(--accent)",
  },
  ".cm-type": {
    padding: "var(--space-2) var(--space-3)",
    fontFamily: "var(--mono)",
    whiteSpace: "pre-wrap",
    overflowWrap: "anywhere",
  },
  ".cm-diagnostic": { padding: "var(--space-2) var(--space-3)", whiteSpace: "pre-wrap" },
  ".cm-panel.cm-panel-lint": { color: "var(--ink)", backgroundColor: "var(--surface-sunk)" },
});
