/** Pages and their addresses. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  retainSearchParams,
} from "@tanstack/react-router";
import { NotFoundPage } from "../routes/not-found.tsx";
import { RouteError } from "./error-boundary.tsx";
import { readPageSearch } from "./search.ts";
import { Shell } from "./shell.tsx";

const root = createRootRoute({
  component: Shell,
  validateSearch: readPageSearch,
  search: { middlewares: [retainSearchParams(["net", "as", "lens", "other"])] },
  notFoundComponent: NotFoundPage,
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazyRouteComponent(() => import("../routes/home.tsx"), "HomePage"),
});
const contracts = createRoute({
  getParentRoute: () => root,
  path: "/contracts",
  component: lazyRouteComponent(() => import("../routes/contracts.tsx"), "ContractsPage"),
});
const contract = createRoute({
  getParentRoute: () => root,
  path: "/contracts/$address",
  component: lazyRouteComponent(() => import("../routes/contract.tsx"), "ContractPage"),
});
const build = createRoute({
  getParentRoute: () => root,
  path: "/build",
  component: lazyRouteComponent(() => import("../routes/build.tsx"), "BuildPage"),
});
const explorer = createRoute({
  getParentRoute: () => root,
  path: "/explorer",
  component: lazyRouteComponent(() => import("../routes/explorer.tsx"), "ExplorerPage"),
});
const block = createRoute({
  getParentRoute: () => root,
  path: "/explorer/blocks/$number",
  component: lazyRouteComponent(() => import("../routes/block.tsx"), "BlockPage"),
});
const account = createRoute({
  getParentRoute: () => root,
  path: "/explorer/accounts/$address",
  component: lazyRouteComponent(() => import("../routes/account.tsx"), "AccountPage"),
});
const explorerContracts = createRoute({
  getParentRoute: () => root,
  path: "/explorer/contracts",
  component: lazyRouteComponent(
    () => import("../routes/explorer-contracts.tsx"),
    "ExplorerContractsPage",
  ),
});
const workers = createRoute({
  getParentRoute: () => root,
  path: "/explorer/workers",
  component: lazyRouteComponent(() => import("../routes/explorer-workers.tsx"), "WorkersPage"),
});
const gatekeepers = createRoute({
  getParentRoute: () => root,
  path: "/explorer/gatekeepers",
  component: lazyRouteComponent(() => import("../routes/explorer-workers.tsx"), "GatekeepersPage"),
});
const worker = createRoute({
  getParentRoute: () => root,
  path: "/explorer/workers/$identity",
  component: lazyRouteComponent(() => import("../routes/worker.tsx"), "WorkerPage"),
});
const clusters = createRoute({
  getParentRoute: () => root,
  path: "/explorer/clusters",
  component: lazyRouteComponent(() => import("../routes/explorer-clusters.tsx"), "ClustersPage"),
});
const cluster = createRoute({
  getParentRoute: () => root,
  path: "/explorer/clusters/$cluster",
  component: lazyRouteComponent(() => import("../routes/cluster.tsx"), "ClusterPage"),
});
const extrinsic = createRoute({
  getParentRoute: () => root,
  path: "/explorer/extrinsics/$place",
  component: lazyRouteComponent(() => import("../routes/extrinsic.tsx"), "ExtrinsicPage"),
});
const siteSearch = ({
  site,
}: {
  readonly site?: unknown;
}): { readonly site?: string | undefined } =>
  typeof site === "string" && /^0x[0-9a-f]{64}$/.test(site) ? { site } : {};
const visits = createRoute({
  getParentRoute: () => root,
  path: "/visits",
  validateSearch: siteSearch,
  component: lazyRouteComponent(() => import("../routes/visits.tsx"), "VisitsPage"),
});
const visitsInstall = createRoute({
  getParentRoute: () => root,
  path: "/visits/install",
  validateSearch: siteSearch,
  component: lazyRouteComponent(() => import("../routes/visits-install.tsx"), "VisitsInstallPage"),
});
const visitsMine = createRoute({
  getParentRoute: () => root,
  path: "/visits/mine",
  validateSearch: siteSearch,
  component: lazyRouteComponent(() => import("../routes/visits-mine.tsx"), "VisitsMinePage"),
});
const operate = createRoute({
  getParentRoute: () => root,
  path: "/operate",
  component: lazyRouteComponent(() => import("../routes/operate.tsx"), "OperatePage"),
});
const operateKeys = createRoute({
  getParentRoute: () => root,
  path: "/operate/keys",
  component: lazyRouteComponent(() => import("../routes/operate-keys.tsx"), "OperateKeysPage"),
});
const operateFaults = createRoute({
  getParentRoute: () => root,
  path: "/operate/faults",
  component: lazyRouteComponent(() => import("../routes/operate-faults.tsx"), "OperateFaultsPage"),
});
const verify = createRoute({
  getParentRoute: () => root,
  path: "/verify",
  validateSearch: ({ subject }): { readonly subject?: string | undefined } =>
    typeof subject === "string" && /^[0-9a-fx]{1,66}$/i.test(subject) ? { subject } : {},
  component: lazyRouteComponent(() => import("../routes/verify.tsx"), "VerifyPage"),
});
const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  component: lazyRouteComponent(() => import("../routes/settings.tsx"), "SettingsPage"),
});
const states = createRoute({
  getParentRoute: () => root,
  path: "/_states",
  component: lazyRouteComponent(() => import("../routes/states.tsx"), "StatesPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    contracts,
    contract,
    build,
    explorer,
    block,
    account,
    explorerContracts,
    workers,
    gatekeepers,
    worker,
    clusters,
    cluster,
    extrinsic,
    visits,
    visitsInstall,
    visitsMine,
    operate,
    operateKeys,
    operateFaults,
    verify,
    settings,
    states,
  ]),
  defaultErrorComponent: RouteError,
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
