/** Exposures: who stands behind the validators of an era, kept by pages of nominators. */
import type { AccountId, HasEnv } from "@pha/frame";
import { equalBytes, fromHex } from "@pha/scale";
import { type Elected, type StakingContext, stakingOf } from "./declaration.ts";
import { type Exposure, type IndividualExposure, PAGE_SIZE } from "./types.ts";

/** Notes who stands behind the validators of an era. */
export function putExposures(ctx: StakingContext, era: number, elected: readonly Elected[]): void {
  let total = 0n;
  for (const [validator, support] of elected) {
    const exposure = exposureOf(validator, support);
    total += exposure.total;
    const { others } = exposure;
    const pageCount = Math.ceil(others.length / PAGE_SIZE);
    ctx.storage.ErasStakersOverview.put(era, validator, {
      total: exposure.total,
      own: exposure.own,
      nominatorCount: others.length,
      pageCount,
    });
    for (let page = 0; page < pageCount; page++) {
      const slice = others.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
      const pageTotal = slice.reduce((sum, { value }) => sum + value, 0n);
      ctx.storage.ErasStakersPaged.put([era, validator, page], { pageTotal, others: slice });
    }
    ctx.storage.ErasValidatorPrefs.put(era, validator, ctx.storage.Validators.get(validator));
  }
  ctx.storage.ErasTotalStake.put(era, total);
}

function exposureOf(validator: AccountId, { voters }: Elected[1]): Exposure {
  let own = 0n;
  let total = 0n;
  const others: IndividualExposure[] = [];
  for (const [name, value] of voters) {
    const who = fromHex(name);
    total += value;
    if (equalBytes(who, validator)) own += value;
    else others.push({ who, value });
  }
  return { total, own, others };
}

/** All pages together; `undefined` when the account did not validate in the era. */
export function exposureIn(
  { storage }: StakingContext,
  era: number,
  validator: AccountId,
): Exposure | undefined {
  const overview = storage.ErasStakersOverview.get(era, validator);
  if (overview === undefined) return undefined;
  const others: IndividualExposure[] = [];
  for (let page = 0; page < overview.pageCount; page++)
    others.push(...(storage.ErasStakersPaged.get([era, validator, page])?.others ?? []));
  return { total: overview.total, own: overview.own, others };
}

/** Era that a session belongs to, if its offences can still be slashed. */
export function eraOfSession(ctx: HasEnv, session: number): number | undefined {
  return stakingOf(ctx)
    .storage.BondedEras.get()
    .findLast(([, start]) => start <= session)?.[0];
}
