/** What is read of workers, clusters, keys and hosts, and the search by anything: a part of its own, which few pages need. */
export { listClusters, readCluster } from "./clusters.ts";
export { readHosts } from "./hosts.ts";
export { readKeys } from "./root-keys.ts";
export { findSubject } from "./search.ts";
export { listWorkers, readWorker } from "./workers.ts";
