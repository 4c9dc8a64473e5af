/** The worker host as a program: `worker --config FILE [--node URL]`. Ends when its stdin closes, so that no supervisor leaves it behind. */
import { destination, pino } from "pino";
import { configOf, hostArguments, readConfig } from "./config.ts";
import { watchConfig } from "./config-watch.ts";
import { failureLine } from "./failure-line.ts";
import { reasonOf } from "./log.ts";
import { startWorkerHost, type WorkerHost } from "./service.ts";

/** After this the process ends whatever still closes; pRuntimes end with their stdin. */
const STOP_MS = 4_000;

async function run(): Promise<void> {
  const { config: path, node } = hostArguments(process.argv.slice(2));
  const text = await readConfig(path);
  const read = (own: string) => configOf(own, path, node);
  const config = read(text);
  const log = pino(
    { name: "worker", level: config.logLevel ?? "info" },
    destination({ dest: 2, sync: false }),
  );
  let host: WorkerHost | undefined;
  let isStopping = false;
  const stop = (exitCode: number): void => {
    if (isStopping) return;
    isStopping = true;
    process.exitCode = exitCode;
    setTimeout(() => process.exit(exitCode), STOP_MS).unref();
    const stopped = host?.stop() ?? Promise.resolve();
    stopped
      .catch((error: unknown) => log.error({ reason: reasonOf(error) }, "stopping failed"))
      .finally(() => process.exit(exitCode));
  };
  process.stdin.resume();
  process.stdin.on("end", () => stop(0));
  process.stdin.on("close", () => stop(0));
  process.stdin.on("error", () => stop(0));
  process.on("SIGTERM", () => stop(0));
  process.on("SIGINT", () => stop(0));
  host = await startWorkerHost(config, {
    log,
    onFailure: (error) => {
      log.error({ reason: reasonOf(error) }, "the host cannot go on");
      stop(1);
    },
  });
  const running = host;
  watchConfig(path, text, read, (next) => running.upgrade(next), log);
  const ready = { ready: true, pid: process.pid, port: host.port, url: host.url, ...host.info() };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

run().catch((error: unknown) => {
  process.stderr.write(`${failureLine(error)}\n`);
  process.exit(1);
});
