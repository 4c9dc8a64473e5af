/** The playground in all its states, for the gallery. */
import type { ReactNode } from "react";
import { ArtefactCard } from "../features/build/artefact-card.tsx";
import { DeployCard } from "../features/build/deploy-card.tsx";
import { Problems } from "../features/build/source-card.tsx";
import { TrialCard } from "../features/build/trial-card.tsx";
import { useBuildText } from "../text/build.ts";
import { Card } from "../ui/card.tsx";
import { ErrorCard, Notice } from "../ui/states.tsx";
import { SAMPLE_PLAYGROUNDS } from "./sample-build.ts";

const nothing = (): void => undefined;

export function BuildStates(): ReactNode {
  const t = useBuildText();
  return (
    <Card title={t("build.title")}>
      <div className="gallery">
        {Object.entries(SAMPLE_PLAYGROUNDS).map(([name, state]) => (
          <section
            key={name}
            className="gallery-state stack"
            data-view="build"
            data-state={name}
            aria-label={`build ${name}`}
          >
            <p className="label" data-value>
              {name}
            </p>
            {!state.isKept && (
              <Notice kind="partial" title={t("build.notKeptTitle")}>
                {t("build.notKept")}
              </Notice>
            )}
            {state.compilerProblem !== undefined && (
              <ErrorCard problem={state.compilerProblem} onRetry={nothing} />
            )}
            <Problems problems={state.problems} onGo={nothing} />
            <ArtefactCard state={state} onBuild={nothing} onOpen={nothing} />
            <TrialCard state={state} onStart={nothing} onCall={nothing} />
            <DeployCard
              state={state}
              account={name === "fresh" ? undefined : "Alice"}
              genesis=""
              clusters={name === "wrong" ? [] : ["0x01", "0x02"]}
              node={undefined}
              shown={undefined}
              onDeploy={nothing}
              onShow={nothing}
            />
          </section>
        ))}
      </div>
    </Card>
  );
}
