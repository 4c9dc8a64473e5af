/** Sources to begin with. The counter is the file that the devnet's own counter is built of. */
import counter from "../../../../contracts/counter/src/counter.ts?raw";
import ballot from "./templates/ballot.ts?raw";
import notebook from "./templates/notebook.ts?raw";

export const TEMPLATES = { counter, ballot, notebook } as const;
export type TemplateName = keyof typeof TEMPLATES;
export const TEMPLATE_NAMES: readonly TemplateName[] = ["counter", "ballot", "notebook"];
