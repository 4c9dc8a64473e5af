/** Finds the newest command to a site's contract that this page has seen. */
import { toHex } from "@pha/scale";
import type { ReactNode } from "react";
import type { BlockReading } from "../../chain/core/blocks.ts";
import { useBlocksSource, useConnected } from "../../chain/network-context.tsx";
import { useBlock } from "../../chain/queries.ts";
import { useRecentBlocks } from "../../chain/recent-blocks.ts";
import { VisitsOfNetwork } from "./network-view.tsx";

export function NetworkVisits({ site }: { readonly site: string }): ReactNode {
  const { core } = useConnected();
  const blocks = useRecentBlocks(useBlocksSource());
  const [first, second, third] = blocks.filter(({ commands }) => commands > 0);
  const read = [
    useBlock(first?.number).data,
    useBlock(second?.number).data,
    useBlock(third?.number).data,
  ];
  for (const reading of read) {
    const sealed = reading && commandTo(reading, site);
    if (sealed)
      return (
        <VisitsOfNetwork last={{ sealed: core.sealedFacts(sealed), block: reading.body.number }} />
      );
  }
  return <VisitsOfNetwork last={undefined} />;
}

function commandTo({ body }: BlockReading, site: string): Uint8Array | undefined {
  for (const { decoded } of [...body.extrinsics].reverse()) {
    if (decoded?.pallet !== "PhalaPhatContracts" || decoded.call !== "push_command") continue;
    const { contract, sealed } = fields(decoded.args);
    if (contract instanceof Uint8Array && sealed instanceof Uint8Array && toHex(contract) === site)
      return sealed;
  }
  return undefined;
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
