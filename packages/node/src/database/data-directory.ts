/** Check and repair of a data directory whose node does not run. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { PhaError } from "@pha/scale";
import { checkDatabase, type DatabaseReport } from "./check-database.ts";
import { lockFolder } from "./folder-lock.ts";
import type { JournaledStore } from "./journaled-store.ts";
import { openStore } from "./open-database.ts";
import { type RepairReport, repairDatabase } from "./repair-database.ts";

/** @throws PhaError `database/…`: of a database that cannot even be opened */
export function checkDataDirectory(directory: string): Promise<DatabaseReport> {
  return withStore(directory, checkDatabase);
}

/** @throws PhaError `database/not-repairable`, and those of `checkDataDirectory` */
export function repairDataDirectory(directory: string): Promise<RepairReport> {
  return withStore(directory, repairDatabase);
}

async function withStore<T>(directory: string, use: (store: JournaledStore) => T): Promise<T> {
  if (!existsSync(join(directory, "chain")))
    throw new PhaError("database/not-there", "there is no database in the directory", {
      facts: { directory },
      hint: "give the node's data directory, the one that has the folders chain and journal",
    });
  const lock = await lockFolder(directory);
  try {
    return await openAndUse(directory, use);
  } finally {
    await lock.release();
  }
}

async function openAndUse<T>(directory: string, use: (store: JournaledStore) => T): Promise<T> {
  let failure: unknown;
  const store = openStore({
    directory,
    onFailure: (error) => {
      failure = error;
    },
  });
  let result: T;
  try {
    result = use(store);
  } finally {
    await store.close();
  }
  if (failure !== undefined) throw failure;
  return result;
}
