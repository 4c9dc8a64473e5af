/** The source: where it begins, the editor, and what is wrong with it. */
import type { BuildProblem } from "@pha/contract/build/artefact";
import { type ReactNode, useRef } from "react";
import { TEMPLATE_NAMES, type TemplateName } from "../../playground/templates.ts";
import { type BuildKey, useBuildText } from "../../text/build.ts";
import type { Translate } from "../../text/index.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { saveFile } from "../../ui/save-file.ts";
import { ErrorCard, Notice } from "../../ui/states.tsx";
import { type EditorHandle, type EditorTools, SourceEditor } from "./editor.tsx";
import type { PlaygroundState } from "./playground.ts";

export interface SourceCardProps {
  readonly state: PlaygroundState;
  readonly tools: EditorTools;
  readonly onEdit: (source: string) => void;
  readonly onTemplate: (template: TemplateName) => void;
  readonly onBuild: () => void;
  readonly onCheck: () => void;
}

export function SourceCard(props: SourceCardProps): ReactNode {
  const t = useBuildText();
  const { state, tools, onEdit, onTemplate, onBuild, onCheck } = props;
  const handle = useRef<EditorHandle>(null);
  return (
    <Card title={t("build.source")} actions={<CheckBadge state={state} t={t} />}>
      <div className="row-between">
        <label className="row-tight">
          <span className="small muted">{t("build.template")}</span>
          <select
            value={state.template}
            onChange={({ target }) => {
              const chosen = TEMPLATE_NAMES.find((name) => name === target.value);
              if (chosen !== undefined) onTemplate(chosen);
            }}
          >
            {TEMPLATE_NAMES.map((name) => (
              <option key={name} value={name}>
                {t(`build.template.${name}`)}
              </option>
            ))}
          </select>
        </label>
        <div className="row-tight">
          <Button tone="quiet" onClick={() => onTemplate(state.template)}>
            {t("build.restore")}
          </Button>
          <Button
            tone="quiet"
            onClick={() => saveFile(`${state.template}.ts`, "text/plain", state.source)}
          >
            {t("build.save")}
          </Button>
        </div>
      </div>
      <SourceEditor
        source={state.source}
        label={t("build.editor")}
        problems={state.problems}
        tools={tools}
        handle={handle}
        onEdit={onEdit}
        onBuild={onBuild}
      />
      <p className="small muted">{t("build.keys", { build: "Ctrl-S" })}</p>
      {!state.isKept && (
        <Notice kind="partial" title={t("build.notKeptTitle")}>
          {t("build.notKept")}
        </Notice>
      )}
      {state.compilerProblem !== undefined && (
        <ErrorCard problem={state.compilerProblem} onRetry={onCheck} />
      )}
      <Problems
        problems={state.problems}
        onGo={({ line, column }) => handle.current?.goTo(line, column)}
      />
    </Card>
  );
}

function CheckBadge({
  state,
  t,
}: {
  readonly state: PlaygroundState;
  readonly t: Translate<BuildKey>;
}): ReactNode {
  const { check, problems } = state;
  const count = problems.length;
  return (
    <span aria-live="polite" data-testid="check" data-state={check}>
      {check === "clean" && <Badge tone="verified">{t("build.clean")}</Badge>}
      {check === "wrong" && (
        <Badge tone="broken">
          {count === 1 ? t("build.oneProblem") : t("build.problems", { count })}
        </Badge>
      )}
      {(check === "checking" || check === "waiting") && (
        <Badge>{state.isLoaded ? t("build.checking") : t("build.loading")}</Badge>
      )}
      {check === "failed" && <Badge tone="broken">{t("build.waiting")}</Badge>}
    </span>
  );
}

export function Problems({
  problems,
  onGo,
}: {
  readonly problems: readonly BuildProblem[];
  readonly onGo: (problem: BuildProblem) => void;
}): ReactNode {
  const t = useBuildText();
  if (problems.length === 0) return null;
  return (
    <ul className="problem-list" aria-label={t("build.problemList")}>
      {problems.slice(0, 50).map((problem) => {
        const { code, line, column, message, text } = problem;
        return (
          <li key={`${code} ${line} ${column} ${message}`}>
            <button type="button" className="problem" onClick={() => onGo(problem)}>
              <span className="problem-message" data-value>
                {message}
              </span>
              {text.trim() !== "" && <code className="data problem-text">{text.trim()}</code>}
              <span className="small muted row-tight">
                {line > 0 && <span>{t("build.place", { line, column })}</span>}
                <code className="data">{code}</code>
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
