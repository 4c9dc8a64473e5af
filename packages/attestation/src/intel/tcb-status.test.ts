import { expect, test } from "vitest";
import { convergeTcbStatus, intelConfidence, TCB_STATUSES, type TcbStatus } from "./tcb-status.ts";

test.each<[TcbStatus, TcbStatus, TcbStatus]>([
  ["UpToDate", "UpToDate", "UpToDate"],
  ["SWHardeningNeeded", "UpToDate", "SWHardeningNeeded"],
  ["UpToDate", "OutOfDate", "OutOfDate"],
  ["SWHardeningNeeded", "OutOfDate", "OutOfDate"],
  ["ConfigurationNeeded", "OutOfDate", "OutOfDateConfigurationNeeded"],
  ["ConfigurationAndSWHardeningNeeded", "OutOfDate", "OutOfDateConfigurationNeeded"],
  ["OutOfDateConfigurationNeeded", "UpToDate", "OutOfDateConfigurationNeeded"],
  ["OutOfDateConfigurationNeeded", "OutOfDate", "OutOfDateConfigurationNeeded"],
  ["ConfigurationNeeded", "SWHardeningNeeded", "ConfigurationAndSWHardeningNeeded"],
  ["UpToDate", "Revoked", "Revoked"],
  ["OutOfDate", "Revoked", "Revoked"],
])("%s and %s are %s, in either order", (a, b, together) => {
  expect(convergeTcbStatus(a, b)).toBe(together);
  expect(convergeTcbStatus(b, a)).toBe(together);
});

test("a status with itself and with the best is itself", () => {
  for (const status of TCB_STATUSES) {
    expect(convergeTcbStatus(status, status)).toBe(status);
    expect(convergeTcbStatus(status, "UpToDate")).toBe(status);
  }
});

test("confidence levels are those of Phala", () => {
  const mild = ["INTEL-SA-00334", "INTEL-SA-00219", "INTEL-SA-00381", "INTEL-SA-00389"];
  expect(intelConfidence("UpToDate", ["INTEL-SA-00615"])).toBe(1);
  expect(intelConfidence("SWHardeningNeeded", ["INTEL-SA-00615"])).toBe(2);
  expect(intelConfidence("ConfigurationNeeded", mild)).toBe(3);
  expect(intelConfidence("ConfigurationAndSWHardeningNeeded", [])).toBe(3);
  expect(intelConfidence("ConfigurationNeeded", [...mild, "INTEL-SA-00615"])).toBe(4);
  expect(intelConfidence("OutOfDate", [])).toBe(5);
  expect(intelConfidence("OutOfDateConfigurationNeeded", mild)).toBe(5);
  expect(intelConfidence("Revoked", [])).toBeUndefined();
});
