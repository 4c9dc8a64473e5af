/** Mistakes that the simulation must find: one rule broken at a time. */
import { GRANDPA_RULES, type GrandpaRules } from "@pha/consensus";

export const PLANTED_BUGS = [
  "persists after it signed",
  "threshold one too low",
  "ignores the estimate of the round before",
] as const;
export type PlantedBug = (typeof PLANTED_BUGS)[number];

export function rulesWith(bug: PlantedBug | undefined): GrandpaRules {
  switch (bug) {
    case "threshold one too low":
      return {
        ...GRANDPA_RULES,
        threshold: (total) => (total > 1n ? GRANDPA_RULES.threshold(total) - 1n : total),
      };
    case "ignores the estimate of the round before":
      return { ...GRANDPA_RULES, floor: ({ base }) => base };
    case "persists after it signed":
    case undefined:
      return GRANDPA_RULES;
  }
}
