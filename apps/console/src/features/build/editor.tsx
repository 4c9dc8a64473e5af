/**
 * The editor of a contract's source. It lies in a shadow tree: there its styles are adopted sheets, which the policy of content
 * allows, where elements with styles in them are forbidden.
 */
import { autocompletion, closeBrackets, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { bracketMatching, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import {
  EditorView,
  highlightActiveLine,
  hoverTooltip,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import type { BuildProblem } from "@pha/contract/build/artefact";
import { type ReactNode, type RefObject, useEffect, useRef } from "react";
import type { Completion } from "../../playground/protocol.ts";
import { COLOURS, THEME } from "./editor-theme.ts";

export interface EditorTools {
  readonly complete: (source: string, at: number) => Promise<readonly Completion[]>;
  /** The type of what stands there. */
  readonly explain: (source: string, at: number) => Promise<string | undefined>;
}

/** What others may do to the editor. */
export interface EditorHandle {
  goTo(line: number, column: number): void;
}

interface EditorProps {
  readonly source: string;
  readonly label: string;
  readonly problems: readonly BuildProblem[];
  readonly tools: EditorTools;
  readonly handle: RefObject<EditorHandle | null>;
  readonly onEdit: (source: string) => void;
  readonly onBuild: () => void;
}

export function SourceEditor(props: EditorProps): ReactNode {
  const { source, label, problems, handle } = props;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
    const editor = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: latest.current.source,
        extensions: extensionsOf(label, latest),
      }),
    });
    view.current = editor;
    handle.current = {
      goTo(line, column) {
        const at = placeOf(editor.state, line, column);
        editor.dispatch({ selection: { anchor: at }, scrollIntoView: true });
        editor.focus();
      },
    };
    return () => {
      editor.destroy();
      view.current = null;
      handle.current = null;
    };
  }, [label, handle]);
  useEffect(() => {
    const editor = view.current;
    if (editor === null || editor.state.doc.toString() === source) return;
    const { length } = editor.state.doc;
    editor.dispatch({ changes: { from: 0, to: length, insert: source } });
  }, [source]);
  useEffect(() => {
    const editor = view.current;
    if (editor === null) return;
    const shown = problems.map((problem) => diagnosticOf(editor.state, problem));
    editor.dispatch(setDiagnostics(editor.state, shown));
  }, [problems]);
  return <div ref={host} className="editor" data-value />;
}

function extensionsOf(label: string, latest: RefObject<EditorProps>) {
  const build = (): boolean => {
    latest.current.onBuild();
    return true;
  };
  return [
    lineNumbers(),
    history(),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    javascript({ typescript: true }),
    syntaxHighlighting(COLOURS),
    lintGutter(),
    autocompletion({
      override: [
        async (context) => {
          const { state, pos, explicit } = context;
          const word = context.matchBefore(/[\w$]+$/);
          const isMember = state.sliceDoc(pos - 1, pos) === ".";
          if (!explicit && !isMember && word === null) return null;
          const found = await latest.current.tools.complete(state.doc.toString(), pos);
          const options = found.map(({ label: name, kind }) => ({ label: name, type: kind }));
          return { from: word?.from ?? pos, options, validFor: /^[\w$]*$/ };
        },
      ],
    }),
    hoverTooltip(async ({ state }, pos) => {
      const text = await latest.current.tools.explain(state.doc.toString(), pos);
      if (text === undefined) return null;
      const dom = document.createElement("div");
      dom.className = "cm-type";
      dom.textContent = text.slice(0, 2_000);
      return { pos, create: () => ({ dom }) };
    }),
    // Tab moves on, as on any page: nobody is caught here.
    keymap.of([
      { key: "Mod-s", run: build },
      { key: "Mod-Enter", run: build },
      ...completionKeymap,
      ...lintKeymap,
      ...historyKeymap,
      ...defaultKeymap,
    ]),
    EditorView.updateListener.of(({ docChanged, state }) => {
      if (docChanged) latest.current.onEdit(state.doc.toString());
    }),
    EditorView.domEventHandlers({ beforeinput: replaceSelection }),
    EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
    THEME,
  ];
}

/**
 * Text in place of a selection. Left to itself, the browser gives what it puts in place of coloured text a style attribute,
 * which the policy of content forbids.
 */
function replaceSelection(event: InputEvent, view: EditorView): boolean {
  const { data, inputType } = event;
  const { from, to, empty } = view.state.selection.main;
  if (inputType !== "insertText" || data === null || empty || view.composing) return false;
  const insert = () =>
    view.state.update(view.state.replaceSelection(data), { userEvent: "input.type" });
  const handlers = view.state.facet(EditorView.inputHandler);
  if (!handlers.some((handle) => handle(view, from, to, data, insert))) view.dispatch(insert());
  event.preventDefault();
  return true;
}

/** Offset of a place, which may be of a source that has changed since. */
function placeOf(state: EditorState, line: number, column: number): number {
  if (line < 1) return 0;
  const { from, to } = state.doc.line(Math.min(line, state.doc.lines));
  return Math.min(from + Math.max(0, column - 1), to);
}

function diagnosticOf(state: EditorState, problem: BuildProblem): Diagnostic {
  const from = placeOf(state, problem.line, problem.column);
  const word = state.wordAt(from);
  const end = word === null || word.to === from ? from + 1 : word.to;
  return {
    from,
    to: Math.min(end, state.doc.length),
    severity: "error",
    source: problem.code,
    message: problem.message,
  };
}
