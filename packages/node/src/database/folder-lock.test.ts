import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { developmentChain } from "../preset-chain.ts";
import { startNode } from "../service.ts";
import { checkDataDirectory, repairDataDirectory } from "./data-directory.ts";
import { lockFolder } from "./folder-lock.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pha-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a folder is one program's, by whatever path, until it is released", async () => {
  const data = join(folder, "data");
  const first = await lockFolder(data);
  const alias = join(folder, "alias");
  symlinkSync(data, alias);
  for (const path of [data, alias])
    await expect(lockFolder(path)).rejects.toMatchObject({
      code: "database/in-use",
      facts: { directory: path },
    });
  const other = await lockFolder(join(folder, "other"));
  await first.release();
  await (await lockFolder(alias)).release();
  await other.release();
});

test("a folder that cannot be made is named", async () => {
  await expect(lockFolder("/dev/null/data")).rejects.toMatchObject({ code: "database/unreadable" });
});

test("two nodes, or a node and pha db, do not work in one folder; a start that failed leaves it free", async () => {
  const { spec, runtime } = developmentChain();
  const start = (bootNodes: readonly string[] = []) =>
    startNode({
      spec,
      runtime,
      dataDir: folder,
      rpcPort: 0,
      network: { bootNodes },
      onFailure: () => {},
    });
  await expect(start(["/ip4/127.0.0.1/tcp/1"])).rejects.toMatchObject({
    code: "network/bad-address",
  });
  const node = await start();
  const refused = { code: "database/in-use" };
  await expect(start()).rejects.toMatchObject(refused);
  await expect(checkDataDirectory(folder)).rejects.toMatchObject(refused);
  await expect(repairDataDirectory(folder)).rejects.toMatchObject(refused);
  await node.stop();
  expect((await checkDataDirectory(folder)).faults).toEqual([]);
});

test("a program that is killed leaves no lock behind", async () => {
  // What a lock is, without what loads it: the name and nothing else.
  const script = `
    const { createServer } = require("node:net");
    const { statSync } = require("node:fs");
    const { dev, ino } = statSync(process.argv[1], { bigint: true });
    createServer().listen("\\0pha-data-" + dev + "-" + ino, () => console.log("locked"));
  `;
  const child = spawn(process.execPath, ["-e", script, folder], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(child.stdout, "data");
  await expect(lockFolder(folder)).rejects.toMatchObject({ code: "database/in-use" });
  child.kill("SIGKILL");
  await once(child, "exit");
  await (await lockFolder(folder)).release();
});
