export {
  type ContractTest,
  type OpenedEntry,
  type TestCaller,
  type TestOptions,
  testContract,
} from "./test-contract.ts";
