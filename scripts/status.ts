import { main } from "../src/cli/main.ts";

await main(async () => {
  const [{ statusCommand }, { config }] = await Promise.all([
    import("../src/commands/status.ts"),
    import("../rocketh/config.ts"),
  ]);
  return statusCommand(config);
});
