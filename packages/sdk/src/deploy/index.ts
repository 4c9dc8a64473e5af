/** New contracts on a chain. Loaded by whoever deploys: most programs and pages call contracts that are there. */
export {
  type Deployed,
  type DeployInput,
  type DeployProgress,
  deployContract,
  type InstantiateInput,
  instantiateContract,
} from "./deploy.ts";
