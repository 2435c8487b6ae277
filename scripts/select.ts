import { main } from "../src/cli/main.ts";

await main(async () => (await import("../src/commands/select.ts")).selectCommand);
