import { main } from "../src/cli/main.ts";

await main(async () => (await import("./replay/command.ts")).replayCommand);
