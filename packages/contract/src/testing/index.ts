export {
  type ContractTest,
  type TestCaller,
  type TestOptions,
  testContract,
} from "./test-contract.ts";
