import { main } from "../src/cli/main.ts";

await main(async () => (await import("./bench/command.ts")).benchCommand);
