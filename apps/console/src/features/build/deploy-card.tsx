/** Deployments: who pays, where to, how far it is, and what went wrong. */
import { toHex } from "@pha/scale";
import { Link } from "@tanstack/react-router";
import { Rocket } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { shortened } from "../../format/index.ts";
import { useBuildText } from "../../text/build.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Copyable } from "../../ui/copyable.tsx";
import { Raw } from "../../ui/raw.tsx";
import { ErrorCard, Notice } from "../../ui/states.tsx";
import { Steps } from "../../ui/steps.tsx";
import { addressOf, commandLines, stepsOf } from "./deploy-model.ts";
import type { Deployment, PlaygroundState } from "./playground.ts";

export interface DeployCardProps {
  readonly state: PlaygroundState;
  /** Of whoever acts; absent where nobody may. */
  readonly account: string | undefined;
  readonly genesis: string;
  /** Ids of the clusters that take contracts of anybody; absent while they are read. */
  readonly clusters: readonly string[] | undefined;
  /** Address of the node, where it is not the devnet's. */
  readonly node: string | undefined;
  /** Id of the deployment whose contract is shown below. */
  readonly shown: number | undefined;
  readonly onDeploy: (cluster: string) => void;
  readonly onShow: (id: number) => void;
}

export function DeployCard(props: DeployCardProps): ReactNode {
  const t = useBuildText();
  const id = useId();
  const { state, account, genesis, clusters, node, shown, onDeploy, onShow } = props;
  const [chosen, setChosen] = useState<string>();
  const cluster = clusters?.find((one) => one === chosen) ?? clusters?.[0];
  const own = state.deployments.filter((one) => one.genesis === genesis);
  const isRunning = own[0]?.state === "running";
  return (
    <Card title={t("deploy.title")}>
      <p className="muted">{t("deploy.why")}</p>
      {account === undefined && <Notice kind="permission" title={t("deploy.needsAccount")} />}
      {clusters?.length === 0 && (
        <Notice kind="partial" title={t("deploy.noClusterTitle")}>
          {t("deploy.noCluster")}
        </Notice>
      )}
      {clusters !== undefined && clusters.length > 1 && (
        <div className="field">
          <label htmlFor={id}>{t("deploy.cluster")}</label>
          <select id={id} value={cluster} onChange={({ target }) => setChosen(target.value)}>
            {clusters.map((one) => (
              <option key={one} value={one}>
                {shortened(one)}
              </option>
            ))}
          </select>
        </div>
      )}
      {account !== undefined && (
        <div className="row-wrap">
          <Button
            tone="primary"
            icon={<Rocket size={16} aria-hidden />}
            isBusy={isRunning}
            disabled={state.built === undefined || cluster === undefined}
            onClick={() => cluster !== undefined && onDeploy(cluster)}
          >
            {t("deploy.deploy", { account })}
          </Button>
          <span className="small muted">
            {state.built === undefined ? t("try.needsBuild") : t("deploy.account", { account })}
          </span>
        </div>
      )}
      {own.map((deployment, i) => (
        <DeploymentView
          key={deployment.id}
          deployment={deployment}
          isShown={deployment.id === shown}
          onShow={() => onShow(deployment.id)}
          onRetry={i === 0 && cluster !== undefined ? () => onDeploy(cluster) : undefined}
        />
      ))}
      {state.built !== undefined && account !== undefined && (
        <details className="raw-details">
          <summary>{t("deploy.reproduce")}</summary>
          <Raw>
            {commandLines({
              name: state.built.artefact.name,
              account,
              node,
              cluster: node === undefined ? undefined : cluster,
            })}
          </Raw>
        </details>
      )}
    </Card>
  );
}

export function DeploymentView({
  deployment,
  isShown,
  onShow,
  onRetry,
}: {
  readonly deployment: Deployment;
  readonly isShown: boolean;
  readonly onShow: () => void;
  readonly onRetry: (() => void) | undefined;
}): ReactNode {
  const t = useBuildText();
  const { name, account, state, problem } = deployment;
  const address = addressOf(deployment);
  return (
    <article
      className="deployment"
      data-testid="deployment"
      data-state={state}
      aria-label={t("deploy.of", { name, account })}
    >
      <p className="row-between">
        <span data-value>{t("deploy.of", { name, account })}</span>
        {address !== undefined && <Copyable value={toHex(address)} label={t("contract.address")} />}
      </p>
      <Steps label={t("deploy.steps")} steps={stepsOf(deployment, t)} />
      {problem !== undefined && <ErrorCard problem={problem} onRetry={onRetry} />}
      {state === "done" && address !== undefined && (
        <p className="row-wrap">
          {!isShown && (
            <Button tone="quiet" onClick={onShow}>
              {t("deploy.call")}
            </Button>
          )}
          <Link to="/contracts/$address" params={{ address: toHex(address) }}>
            {t("deploy.page")}
          </Link>
        </p>
      )}
    </article>
  );
}
