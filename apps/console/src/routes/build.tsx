import { fromHex, toHex } from "@pha/scale";
import { type ReactNode, useEffect, useState } from "react";
import { openEvidence } from "../chain/evidence-drawer-state.ts";
import { useClusters } from "../chain/fleet-queries.ts";
import { useAccounts, useMaybeConnected, useNetwork } from "../chain/network-context.tsx";
import { useContract } from "../chain/queries.ts";
import { useStore } from "../chain/store.ts";
import { viewedOf } from "../chain/viewed.ts";
import { ArtefactCard } from "../features/build/artefact-card.tsx";
import { DeployCard } from "../features/build/deploy-card.tsx";
import { addressOf } from "../features/build/deploy-model.ts";
import { keepSource, loadSource } from "../features/build/kept-source.ts";
import { createPlayground } from "../features/build/playground.ts";
import { SourceCard } from "../features/build/source-card.tsx";
import { TrialCard } from "../features/build/trial-card.tsx";
import { Interact } from "../features/contracts/contract-page.tsx";
import { createCompilerWorker } from "../playground/compiler-worker.ts";
import { useBuildText } from "../text/build.ts";
import { QueryView } from "../ui/query-view.tsx";
import { ErrorCard, Skeleton } from "../ui/states.tsx";

/** Nobody has typed for so long. */
const PAUSE_MS = 350;

const compiler = createCompilerWorker();
const playground = createPlayground({
  compiler,
  first: loadSource(),
  keep: keepSource,
  later: lastOnly(PAUSE_MS),
});
const tools = {
  complete: (source: string, at: number) =>
    compiler.ask("complete", { source, at }).catch(() => []),
  explain: (source: string, at: number) =>
    compiler.ask("explain", { source, at }).catch(() => undefined),
};

function lastOnly(pauseMs: number): (run: () => void) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (run) => {
    clearTimeout(timer);
    timer = setTimeout(run, pauseMs);
  };
}

export function BuildPage(): ReactNode {
  const t = useBuildText();
  const connected = useMaybeConnected();
  const network = useNetwork();
  const { account } = useAccounts();
  const signer = account?.signer;
  const state = useStore(playground.state);
  const clusters = useClusters();
  const [shown, setShown] = useState<number>();
  useEffect(() => {
    if (playground.state.get().check === "waiting") void playground.check();
  }, []);
  const genesis = connected?.genesis ?? "";
  const done = state.deployments.filter((one) => one.state === "done" && one.genesis === genesis);
  const called = done.find(({ id }) => id === shown) ?? done[0];
  const address = called && addressOf(called);
  const deploy = (cluster: string): void => {
    if (account === undefined || signer === undefined || connected === undefined) return;
    const { client } = connected;
    setShown(undefined);
    void playground.deploy(account.name, genesis, async (artefact, onProgress) => {
      const { deployContract } = await import("../chain/core/deploy.ts");
      await deployContract(client, {
        signer,
        artefact,
        cluster: fromHex(cluster),
        until: "serving",
        onProgress,
      });
    });
  };
  const open = clusters.data?.clusters.filter(
    (one) => one.status !== "Halted" && (one.class === "Open" || one.owner === account?.address),
  );
  const viewedClusters = viewedOf(clusters);
  return (
    <div className="stack">
      <header className="page-header">
        <h1>{t("build.title")}</h1>
        <p className="muted lead">{t("build.lead")}</p>
      </header>
      <div className="build-grid">
        <SourceCard
          state={state}
          tools={tools}
          onEdit={playground.edit}
          onTemplate={playground.choose}
          onBuild={() => void playground.build()}
          onCheck={() => void playground.check()}
        />
        <div className="stack">
          <ArtefactCard
            state={state}
            onBuild={() => void playground.build()}
            onOpen={(bytes) => void playground.openArtefact(bytes)}
          />
          <TrialCard
            state={state}
            onStart={() => void playground.startTrial()}
            onCall={(call) => void playground.call(call)}
          />
          {viewedClusters.problem !== undefined && (
            <ErrorCard problem={viewedClusters.problem} onRetry={viewedClusters.retry} />
          )}
          <DeployCard
            state={state}
            account={signer && account?.name}
            genesis={genesis}
            clusters={open?.map(({ id }) => id)}
            node={network.isServed ? undefined : network.node}
            shown={called?.id}
            onDeploy={deploy}
            onShow={setShown}
          />
        </div>
      </div>
      {called !== undefined && address !== undefined && (
        <Deployed key={toHex(address)} name={called.name} address={toHex(address)} />
      )}
    </div>
  );
}

function Deployed({
  name,
  address,
}: {
  readonly name: string;
  readonly address: string;
}): ReactNode {
  const t = useBuildText();
  return (
    <section className="stack" aria-label={t("deploy.interact", { name })} data-testid="deployed">
      <h2 className="section-title">{t("deploy.interact", { name })}</h2>
      <QueryView
        viewed={viewedOf(useContract(address))}
        skeleton={<Skeleton rows={2} height="block" />}
      >
        {(contract) => <Interact contract={contract} onWhy={openEvidence} />}
      </QueryView>
    </section>
  );
}
