/** Day and hour of a block's time, in UTC; contracts have no `Date`. */

export interface Moment {
  /** `2015-05-17`. */
  readonly day: string;
  /** 0 to 23. */
  readonly hour: number;
  readonly atSeconds: number;
}

/** Civil date by the days of the 400-year cycle, years beginning in March. */
export function momentOf(timestampMs: bigint): Moment {
  const atSeconds = Number(timestampMs / 1000n);
  const days = Math.floor(atSeconds / 86_400) + 719_468;
  const cycle = Math.floor(days / 146_097);
  const dayOfCycle = days - cycle * 146_097;
  const yearOfCycle = Math.floor(
    (dayOfCycle -
      Math.floor(dayOfCycle / 1460) +
      Math.floor(dayOfCycle / 36_524) -
      Math.floor(dayOfCycle / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfCycle - (365 * yearOfCycle + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfCycle + cycle * 400 + (month <= 2 ? 1 : 0);
  return {
    day: `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`,
    hour: Math.floor(atSeconds / 3600) % 24,
    atSeconds,
  };
}

function padded(value: number, length: number): string {
  return String(value).padStart(length, "0");
}
