/** What is around every page: navigation, lens, who acts, trust. */
import { toHex } from "@pha/scale";
import { Outlet, useNavigate, useParams, useRouter, useSearch } from "@tanstack/react-router";
import { type ReactNode, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { closeEvidence, isEvidenceOpen, openEvidence } from "../chain/evidence-drawer-state.ts";
import { takeStep } from "../chain/first-steps.ts";
import { NetworkProvider, useAccounts } from "../chain/network-context.tsx";
import type { Problem } from "../chain/problem.ts";
import { isAddress, useContracts } from "../chain/queries.ts";
import { useStore } from "../chain/store.ts";
import { isWalletsOpen } from "../chain/wallets.ts";
import { TrustStrip } from "../features/trust/trust-strip.tsx";
import { type Lens, LensContext, useLens } from "../lens/lens-context.tsx";
import { type TextKey, useText } from "../text/index.ts";
import { Dialog } from "../ui/dialog.tsx";
import { ErrorCard, Skeleton } from "../ui/states.tsx";
import { AccountNotices } from "./account-notices.tsx";
import { ConnectionGate } from "./connection-gate.tsx";
import { networks } from "./known-networks.ts";
import { lazyPart } from "./lazy-part.tsx";
import { SideNav, TopBar } from "./navigation.tsx";
import type { PageSearch } from "./search.ts";

const Palette = lazyPart(
  () => import("./palette.tsx").then(({ Palette: part }) => part),
  ({ isOpen, onClose, problem, onRetry }) => (
    <FailedPart {...{ isOpen, onClose, problem, onRetry }} titleKey="palette.title" />
  ),
);
const Evidence = lazyPart(
  () => import("../features/trust/evidence-drawer.tsx").then(({ EvidenceDrawer: part }) => part),
  ({ isOpen, onClose, problem, onRetry }) => (
    <FailedPart {...{ isOpen, onClose, problem, onRetry }} titleKey="evidence.title" />
  ),
);

const Wallets = lazyPart(
  () => import("../features/wallets/wallet-dialog.tsx").then(({ WalletDialog: part }) => part),
  ({ isOpen, onClose, problem, onRetry }) => (
    <FailedPart {...{ isOpen, onClose, problem, onRetry }} titleKey="wallets.open" />
  ),
);

const NoNetwork = lazyPart(
  () => import("./no-network.tsx").then(({ NoNetwork: part }) => part),
  ({ problem, onRetry }) => (
    <main className="page">
      <ErrorCard problem={problem} onRetry={onRetry} />
    </main>
  ),
);

function FailedPart({
  isOpen,
  onClose,
  titleKey,
  problem,
  onRetry,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly titleKey: TextKey;
  readonly problem: Problem;
  readonly onRetry: () => void;
}): ReactNode {
  const t = useText();
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={t(titleKey)}>
      <ErrorCard problem={problem} onRetry={onRetry} />
    </Dialog>
  );
}

export function Shell(): ReactNode {
  const known = useStore(networks);
  const { net, as } = useSearch({ from: "__root__" });
  if (known === undefined) return <Blank />;
  const network = known.find(({ id }) => id === net) ?? known[0];
  if (network === undefined) return <NoNetwork />;
  return (
    <NetworkProvider network={network} accountId={as}>
      <LensFromAddress>
        <Frame />
      </LensFromAddress>
    </NetworkProvider>
  );
}

function Blank(): ReactNode {
  return (
    <main className="page">
      <Skeleton rows={3} height="row" />
    </main>
  );
}

function useChange(): (change: PageSearch) => void {
  const navigate = useNavigate();
  return useCallback(
    (change) => {
      void navigate({ to: ".", search: (former) => ({ ...former, ...change }), replace: true });
    },
    [navigate],
  );
}

function LensFromAddress({ children }: { readonly children: ReactNode }): ReactNode {
  const search = useSearch({ from: "__root__" });
  const change = useChange();
  const { accounts, account } = useAccounts();
  const lens: Lens = search.lens ?? "mine";
  const others = accounts.filter(({ id }) => id !== account?.id);
  const other = others.find(({ id }) => id === search.other) ?? others[0];
  const value = useMemo(
    () => ({
      lens,
      setLens: (next: Lens) => change({ lens: next === "mine" ? undefined : next }),
      other,
      setOther: (id: string) => change({ other: id }),
    }),
    [lens, other, change],
  );
  useEffect(() => {
    document.documentElement.dataset["lens"] = lens;
    if (lens === "network") takeStep("lens");
  }, [lens]);
  return <LensContext value={value}>{children}</LensContext>;
}

function Frame(): ReactNode {
  const t = useText();
  const router = useRouter();
  const change = useChange();
  const { setLens, lens } = useLens();
  const isOpen = useStore(isEvidenceOpen);
  const areWalletsOpen = useStore(isWalletsOpen);
  const [isPaletteOpen, setPalette] = useState(false);
  const contract = useShownContract();
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setPalette((open) => !open);
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      if (event.key === "l") setLens(nextLens(lens));
      if (event.key === "?") setPalette(true);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [lens, setLens]);
  return (
    <div className="frame">
      <a className="skip-link" href="#content">
        {t("shell.skip")}
      </a>
      <SideNav />
      <div className="frame-main">
        <TopBar onPalette={() => setPalette(true)} onAccount={(id) => change({ as: id })} />
        <TrustStrip contract={contract} onOpen={openEvidence} />
        <main className="page" id="content" tabIndex={-1}>
          <ConnectionGate>
            <AccountNotices />
            <Suspense fallback={<Skeleton rows={4} height="row" />}>
              <Outlet />
            </Suspense>
          </ConnectionGate>
        </main>
      </div>
      {areWalletsOpen && (
        <Wallets
          isOpen={areWalletsOpen}
          onClose={() => isWalletsOpen.set(false)}
          onUse={(id) => change({ as: id })}
        />
      )}
      {isOpen && <Evidence contract={contract} isOpen={isOpen} onClose={closeEvidence} />}
      {isPaletteOpen && (
        <Palette
          isOpen={isPaletteOpen}
          onClose={() => setPalette(false)}
          onGo={(href) => void router.navigate({ href })}
        />
      )}
    </div>
  );
}

/** The contract of the page, or the network's first. */
function useShownContract(): string | undefined {
  const { address } = useParams({ strict: false });
  const first = useContracts().data?.[0];
  if (address !== undefined && isAddress(address)) return address;
  return first && toHex(first.address);
}

function nextLens(lens: Lens): Lens {
  return lens === "mine" ? "network" : lens === "network" ? "other" : "mine";
}

/** An editor lies in a tree of its own, whose parts the event's target does not name. */
function isTyping(event: KeyboardEvent): boolean {
  const [target] = event.composedPath();
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
