#!/usr/bin/env node
// The `pha` program of a checkout: sets itself up, then runs the bundled CLI.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, checkNode, install, root } from "./bootstrap.mjs";

checkNode();
install();
await build();
process.env.PHA_ROOT ??= root;
await import(pathToFileURL(join(root, "dist", "pha.js")).href);
