/** Services of vendors on loopback: answer what the test gives them, and note what they were asked. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { CollateralItem } from "@pha/protocol";
import { utf8ToText } from "@pha/scale";
import type { CollateralServices } from "../sources.ts";

export interface FakeAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}
export type FakeHandler = (
  path: string,
  response: ServerResponse,
  request: IncomingMessage,
) => FakeAnswer | undefined;

export interface FakeServices {
  readonly url: string;
  readonly services: CollateralServices;
  readonly asked: string[];
  close(): Promise<void>;
}

/** @param handler `undefined` leaves the answer to the handler itself */
export async function startFakeServices(handler: FakeHandler): Promise<FakeServices> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    const answer = handler(path, response, request);
    if (answer === undefined) return;
    response.writeHead(answer.status ?? 200, answer.headers);
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    asked,
    services: {
      intelUrl: url,
      intelRootCrlUrl: `${url}/IntelSGXRootCA.der`,
      amdUrl: url,
      googleUrl: `${url}/attestation/status`,
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export function pem(...ders: readonly Uint8Array[]): string {
  return ders
    .map((der) => {
      const lines =
        Buffer.from(der)
          .toString("base64")
          .match(/.{1,64}/g) ?? [];
      return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
    })
    .join("");
}

/** What PCS and KDS answer when these are their newest items. */
export function vendorAnswer(items: readonly CollateralItem[], path: string): FakeAnswer {
  for (const item of items) {
    const answer = answerOf(item, path);
    if (answer !== undefined) return answer;
  }
  return { status: 404 };
}

function answerOf(item: CollateralItem, path: string): FakeAnswer | undefined {
  switch (item.type) {
    case "IntelRootCrl":
      return path === "/IntelSGXRootCA.der" ? { body: item.value } : undefined;
    case "IntelPckCrl":
      if (path !== "/sgx/certification/v4/pckcrl?ca=platform&encoding=der") return undefined;
      return {
        body: item.value.crl,
        headers: { "SGX-PCK-CRL-Issuer-Chain": encodeURIComponent(pem(item.value.issuer)) },
      };
    case "IntelTcbInfo":
      if (!path.startsWith(`/${teeOf(item)}/certification/v4/tcb?fmspc=`)) return undefined;
      return signed("tcbInfo", item, "TCB-Info-Issuer-Chain");
    case "IntelQeIdentity":
      if (path !== `/${teeOf(item)}/certification/v4/qe/identity`) return undefined;
      return signed("enclaveIdentity", item, "SGX-Enclave-Identity-Issuer-Chain");
    case "AmdCrl":
      return path === `/vcek/v1/${item.value.line}/crl` ? { body: item.value.crl } : undefined;
    case "AmdIssuer":
      return path === `/vcek/v1/${item.value.line}/cert_chain`
        ? { body: pem(item.value.certificate) }
        : undefined;
    default:
      return undefined;
  }
}

type Signed = Extract<CollateralItem, { type: "IntelTcbInfo" | "IntelQeIdentity" }>;

function teeOf({ value }: Signed): "sgx" | "tdx" {
  return /"id":"(TDX|TD_QE)"/.test(utf8ToText(value.text) ?? "") ? "tdx" : "sgx";
}

function signed(name: string, { value }: Signed, header: string): FakeAnswer {
  const signature = Buffer.from(value.signature).toString("hex");
  return {
    body: `{"${name}":${utf8ToText(value.text)},"signature":"${signature}"}`,
    headers: { [header]: encodeURIComponent(pem(value.signer)) },
  };
}
