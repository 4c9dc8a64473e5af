/**
 * Pages, or why there can be none. While the connection is made they are there already: what they read comes later, in
 * its place.
 */
import { type ReactNode, useEffect, useState } from "react";
import { useConnection, useHeads, useNetwork } from "../chain/network-context.tsx";
import { useStore } from "../chain/store.ts";
import { span } from "../format/index.ts";
import { useText } from "../text/index.ts";
import { ErrorCard, Notice } from "../ui/states.tsx";

export function ConnectionGate({ children }: { readonly children: ReactNode }): ReactNode {
  const t = useText();
  const network = useNetwork();
  const connection = useConnection();
  const state = useStore(connection.state);
  const heads = useHeads();
  const now = useNow(state.phase === "failed" || heads?.isStalled === true);
  if (state.phase === "failed")
    return (
      <div className="stack">
        <h1>{t("connection.failed", { network: network.name })}</h1>
        <ErrorCard problem={state.problem} onRetry={connection.retry} />
        <p className="muted">
          {state.retryAt === undefined
            ? t("connection.noRetry")
            : t("connection.retryIn", { time: span(state.retryAt - now + 999) })}
        </p>
      </div>
    );
  return (
    <>
      {state.phase === "connecting" && network.node === undefined && (
        <Notice kind="partial" title={t("light.title")}>
          {state.progress === undefined
            ? t("light.loading")
            : state.progress.peers === 0
              ? t("light.noPeer")
              : t("light.syncing", { peers: state.progress.peers })}
        </Notice>
      )}
      {heads?.isStalled && (
        <Notice kind="offline" title={t("connection.stalledTitle", { age: span(now - heads.at) })}>
          {t("connection.stalled")}
        </Notice>
      )}
      {children}
    </>
  );
}

/** The time, each second while somebody needs it. */
function useNow(isNeeded: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isNeeded) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isNeeded]);
  return now;
}
