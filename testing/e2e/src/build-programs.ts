/** Before the first scenario: the bundled programs are there, and no worker writes them while another one starts them. */
import { devnetDist } from "./start-devnet.ts";

export async function setup(): Promise<void> {
  await devnetDist();
}
