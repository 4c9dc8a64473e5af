/** A deployment's steps, as they are shown. */
import type { DeployProgress } from "@pha/sdk/deploy";
import { byteCount, grouped } from "../../format/index.ts";
import type { BuildKey } from "../../text/build.ts";
import type { Translate } from "../../text/index.ts";
import type { Step } from "../../ui/steps.tsx";
import type { Deployment } from "./playground.ts";

type Stage = DeployProgress["stage"];
type Told<S extends Stage> = Extract<DeployProgress, { readonly stage: S }>;

function told<S extends Stage>({ steps }: Deployment, stage: S): Told<S> | undefined {
  // Of this stage, so of this form.
  return steps.findLast((step) => step.stage === stage) as Told<S> | undefined;
}

/** Address of the new contract, once the chain has it. */
export function addressOf(deployment: Deployment): Uint8Array | undefined {
  return told(deployment, "instantiated")?.address;
}

export function stepsOf(deployment: Deployment, t: Translate<BuildKey>): readonly Step[] {
  const { state } = deployment;
  const code = told(deployment, "code");
  const uploading = told(deployment, "uploading");
  const instantiated = told(deployment, "instantiated");
  const keys = told(deployment, "keys");
  const steps = [
    {
      name: t("deploy.code"),
      isDone: code !== undefined,
      note:
        code?.isNew === false
          ? t("deploy.codeKnown")
          : uploading && t("deploy.uploading", { bytes: byteCount(uploading.bytes) }),
    },
    {
      name: t("deploy.instantiated"),
      isDone: instantiated !== undefined,
      note: instantiated && t("deploy.block", { block: grouped(instantiated.blockNumber) }),
    },
    {
      name: t("deploy.keys"),
      isDone: told(deployment, "keyed") !== undefined,
      note: keys && t("deploy.keysOf", { published: keys.published, replicas: keys.replicas }),
    },
    {
      name: t("deploy.serving"),
      isDone: told(deployment, "serving") !== undefined,
      note: undefined,
    },
  ];
  const at = steps.findIndex(({ isDone }) => !isDone);
  return steps.map(({ name, isDone, note }, i) => ({
    name,
    note,
    state: isDone ? "done" : i !== at ? "waiting" : state === "failed" ? "failed" : "running",
  }));
}

/** Command lines that do the same, from the source on. */
export function commandLines(input: {
  readonly name: string;
  readonly account: string;
  /** Of a node that is not the devnet's. */
  readonly node: string | undefined;
  readonly cluster: string | undefined;
}): string {
  const { name, account, node, cluster } = input;
  const where = node === undefined ? "" : ` --url ${node}`;
  const into = cluster === undefined ? "" : ` --cluster ${cluster}`;
  return [
    `npx --no pha build ${name}.ts`,
    `npx --no pha deploy ${name}.pha.json --from ${account.toLowerCase()}${into}${where}`,
  ].join("\n");
}
