/** Code and contracts: upload, instantiation, ownership. */
import { blake2b256 } from "@pha/crypto";
import { type AccountId, ensure } from "@pha/frame";
import { type Contract, contractId, MAX_CONTRACTS } from "@pha/protocol";
import { equalBytes } from "@pha/scale";
import { clusterOf, ensureLive, tell } from "./clusters.ts";
import { MAX_CODE_BYTES, MAX_SALT_BYTES, type PhatContext } from "./declaration.ts";

/** Stores an artefact; the same bytes once more change nothing. */
export function storeCode(ctx: PhatContext, by: AccountId, artefact: Uint8Array): Uint8Array {
  ensure(artefact.length <= MAX_CODE_BYTES, ctx.errors.CodeTooLarge);
  const valid = ctx.config.validateArtefact(artefact);
  ensure(valid.ok, ctx.errors.InvalidArtefact);
  const codeHash = blake2b256(artefact);
  if (!ctx.storage.Codes.has(codeHash)) ctx.storage.Codes.put(codeHash, artefact);
  const { auditKey } = valid.value;
  if (auditKey) ctx.storage.CodeAuditKeys.put(codeHash, auditKey);
  ctx.emit.CodeUploaded({ codeHash, by });
  return codeHash;
}

export interface NewContract {
  readonly deployer: AccountId;
  readonly cluster: Uint8Array;
  readonly codeHash: Uint8Array;
  readonly salt: Uint8Array;
}

/** Anybody may instantiate in an open cluster, its owner in every cluster. */
export function instantiate(ctx: PhatContext, input: NewContract): Uint8Array {
  const { deployer, cluster, codeHash, salt } = input;
  const record = clusterOf(ctx, cluster);
  ensure(record.class.type === "Open" || equalBytes(record.owner, deployer), ctx.errors.NotOwner);
  if (record.status.type !== "Pending") ensureLive(ctx, record);
  ensure(salt.length <= MAX_SALT_BYTES, ctx.errors.SaltTooLong);
  ensure(ctx.storage.Codes.has(codeHash), ctx.errors.UnknownCode);
  const id = contractId(input);
  ensure(!ctx.storage.Contracts.has(id), ctx.errors.RepeatedContract);
  const members = ctx.storage.ClusterContracts.get(cluster);
  ensure(members.length < MAX_CONTRACTS, ctx.errors.TooManyContracts);
  ensureAudit(ctx, cluster, codeHash, members.length === 0);
  const contract: Contract = {
    cluster,
    codeHash,
    owner: deployer,
    createdAt: ctx.block.number,
    open: true,
  };
  ctx.storage.Contracts.put(id, contract);
  ctx.storage.ClusterContracts.put(cluster, [...members, id]);
  ctx.emit.Instantiated({ contract: id, cluster, owner: deployer, codeHash });
  return id;
}

/** The first contract of a cluster decides who may audit it; the others must declare the same. */
function ensureAudit(
  ctx: PhatContext,
  cluster: Uint8Array,
  codeHash: Uint8Array,
  isFirst: boolean,
): void {
  const { AuditKeys, CodeAuditKeys } = ctx.storage;
  const declared = CodeAuditKeys.get(codeHash);
  if (isFirst) {
    if (declared) AuditKeys.put(cluster, declared);
    return;
  }
  const known = AuditKeys.get(cluster);
  const isSame = declared && known ? equalBytes(declared, known) : declared === known;
  ensure(isSame, ctx.errors.OtherAuditKey);
}

/** The same in a running chain: replicas hear of it and must execute it. */
export function deploy(ctx: PhatContext, input: NewContract): void {
  const id = instantiate(ctx, input);
  const { cluster } = input;
  ctx.config.commits.workQueued(ctx, cluster);
  const record = contractOf(ctx, id);
  tell(ctx, { type: "Instantiated", value: { cluster, contract: id, record } });
}

export function contractOf(ctx: PhatContext, contract: Uint8Array): Contract {
  const record = ctx.storage.Contracts.get(contract);
  ensure(record, ctx.errors.UnknownContract);
  return record;
}

export function ownedContract(ctx: PhatContext, contract: Uint8Array, caller: AccountId): Contract {
  const record = contractOf(ctx, contract);
  ensure(equalBytes(record.owner, caller), ctx.errors.NotOwner);
  return record;
}
