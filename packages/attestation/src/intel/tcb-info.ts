/**
 * The two texts that Intel signs about platforms: TCB info (version 3) and the identity of the quoting enclave (version 2).
 *
 * Levels are in the order of the text, newest first; who matches takes the first that fits.
 *
 * @see Intel PCS §TCB info, §enclave identity
 */
import type { JsonObject } from "../json/json.ts";
import { TCB_STATUSES, type TcbStatus } from "./tcb-status.ts";

export interface TcbVerdict {
  /** Unix milliseconds: patches up to here are in. */
  readonly tcbDate: bigint;
  readonly status: TcbStatus;
  readonly advisoryIds: readonly string[];
}

export interface PlatformTcbLevel extends TcbVerdict {
  /** Sixteen. */
  readonly sgxSvns: readonly number[];
  readonly pceSvn: number;
  /** Sixteen; only for TDX. */
  readonly tdxSvns: readonly number[] | undefined;
}

export interface IsvSvnLevel extends TcbVerdict {
  readonly isvSvn: number;
}

export interface TdxModule {
  /** 48 bytes. */
  readonly mrSigner: Uint8Array;
  /** 8 bytes. */
  readonly attributes: Uint8Array;
  readonly attributesMask: Uint8Array;
}

export interface TdxModuleIdentity extends TdxModule {
  /** `TDX_` and the module's version, two upper-case hex digits. */
  readonly id: string;
  readonly levels: readonly IsvSvnLevel[];
}

export interface TcbInfo {
  readonly tee: "sgx" | "tdx";
  /** Unix milliseconds. */
  readonly issuedAt: bigint;
  readonly nextUpdateAt: bigint;
  /** 6 bytes. */
  readonly fmspc: Uint8Array;
  /** 2 bytes. */
  readonly pceId: Uint8Array;
  readonly evaluationDataNumber: number;
  readonly tdxModule: TdxModule | undefined;
  readonly tdxModuleIdentities: readonly TdxModuleIdentity[];
  readonly levels: readonly PlatformTcbLevel[];
}

export interface QeIdentity {
  readonly tee: "sgx" | "tdx";
  readonly issuedAt: bigint;
  readonly nextUpdateAt: bigint;
  readonly evaluationDataNumber: number;
  /** 4 bytes. */
  readonly miscSelect: Uint8Array;
  readonly miscSelectMask: Uint8Array;
  /** 16 bytes. */
  readonly attributes: Uint8Array;
  readonly attributesMask: Uint8Array;
  /** 32 bytes. */
  readonly mrSigner: Uint8Array;
  readonly isvProdId: number;
  readonly levels: readonly IsvSvnLevel[];
}

const MAX_LEVELS = 64;
const MAX_MODULES = 32;
const MAX_ADVISORIES = 256;
const COMPONENTS = 16;
const MAX_NUMBER = 0xffff_ffff;

export function readTcbInfo(info: JsonObject): TcbInfo {
  const tee = teeOf(info, "SGX", "TDX");
  if (info.unsigned("version", MAX_NUMBER) !== 3) info.fail("TCB info is not of version 3");
  if (info.unsigned("tcbType", MAX_NUMBER) !== 0) info.fail("the type of TCB is unknown");
  return {
    tee,
    ...readIssue(info),
    fmspc: info.hex("fmspc", 6),
    pceId: info.hex("pceId", 2),
    tdxModule: tee === "tdx" ? readModule(info.object("tdxModule")) : undefined,
    tdxModuleIdentities: tee === "tdx" && info.has("tdxModuleIdentities") ? readModules(info) : [],
    levels: info.list("tcbLevels", MAX_LEVELS).map((level) => readPlatformLevel(level, tee)),
  };
}

export function readQeIdentity(identity: JsonObject): QeIdentity {
  const tee = teeOf(identity, "QE", "TD_QE");
  if (identity.unsigned("version", MAX_NUMBER) !== 2)
    identity.fail("the identity is not of version 2");
  return {
    tee,
    ...readIssue(identity),
    miscSelect: identity.hex("miscselect", 4),
    miscSelectMask: identity.hex("miscselectMask", 4),
    attributes: identity.hex("attributes", 16),
    attributesMask: identity.hex("attributesMask", 16),
    mrSigner: identity.hex("mrsigner", 32),
    isvProdId: identity.unsigned("isvprodid", 65_535),
    levels: readIsvSvnLevels(identity),
  };
}

function teeOf(object: JsonObject, sgx: string, tdx: string): "sgx" | "tdx" {
  const id = object.text("id");
  if (id === sgx) return "sgx";
  return id === tdx ? "tdx" : object.fail("the id is unknown");
}

function readIssue(object: JsonObject) {
  return {
    issuedAt: object.time("issueDate"),
    nextUpdateAt: object.time("nextUpdate"),
    evaluationDataNumber: object.unsigned("tcbEvaluationDataNumber", MAX_NUMBER),
  };
}

function readModule(module: JsonObject): TdxModule {
  return {
    mrSigner: module.hex("mrsigner", 48),
    attributes: module.hex("attributes", 8),
    attributesMask: module.hex("attributesMask", 8),
  };
}

function readModules(info: JsonObject): readonly TdxModuleIdentity[] {
  const modules = info.list("tdxModuleIdentities", MAX_MODULES).map((module) => ({
    id: module.text("id"),
    ...readModule(module),
    levels: readIsvSvnLevels(module),
  }));
  if (new Set(modules.map(({ id }) => id)).size !== modules.length)
    info.fail("a TDX module occurs twice");
  return modules;
}

function readPlatformLevel(level: JsonObject, tee: "sgx" | "tdx"): PlatformTcbLevel {
  const tcb = level.object("tcb");
  const svns = (name: string): readonly number[] => {
    const components = tcb.list(name, COMPONENTS);
    if (components.length !== COMPONENTS) tcb.fail(`${name} has not ${COMPONENTS} items`);
    return components.map((component) => component.unsigned("svn", 255));
  };
  return {
    sgxSvns: svns("sgxtcbcomponents"),
    pceSvn: tcb.unsigned("pcesvn", 65_535),
    tdxSvns: tee === "tdx" ? svns("tdxtcbcomponents") : undefined,
    ...readVerdict(level),
  };
}

function readIsvSvnLevels(object: JsonObject): readonly IsvSvnLevel[] {
  return object.list("tcbLevels", MAX_LEVELS).map((level) => ({
    isvSvn: level.object("tcb").unsigned("isvsvn", 65_535),
    ...readVerdict(level),
  }));
}

function readVerdict(level: JsonObject): TcbVerdict {
  const word = level.text("tcbStatus");
  const status = TCB_STATUSES.find((known) => known === word);
  return {
    tcbDate: level.time("tcbDate"),
    status: status ?? level.fail("a status is unknown"),
    advisoryIds: level.has("advisoryIDs") ? level.texts("advisoryIDs", MAX_ADVISORIES) : [],
  };
}
