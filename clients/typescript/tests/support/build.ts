// The package as others get it, for the programs that the tests start as processes of their own.

import { build } from "tsdown";

export default async function setup(): Promise<void> {
  await build({ logLevel: "warn" });
}
