import { Command, CommanderError } from "commander";

import { parseUrl } from "./amounts.ts";
import { explain } from "./explain.ts";
import { Failure } from "./failure.ts";
import type { Connect, Place, Session, SigningSession } from "./session.ts";
import { openSession, openSigningSession } from "./session.ts";

/** What a command touches of the world. */
export interface World {
  /** Results. */
  readonly out: (line: string) => void;
  /** Progress, and what went wrong. */
  readonly err: (line: string) => void;
  readonly connect: Connect;
  readonly signal?: AbortSignal;
}

/** A command that writes to `world`. */
export type CommandFactory = (world: World) => Command;

/** A command that knows where it works. */
export function placedCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option("--network <name>", "network of hardhat.config.ts", "localhost")
    .option("--rpc <url>", "another node than the configured one", parseUrl)
    .option("--deployments <folder>", "where deployments are recorded", "deployments");
}

/** A command that sends. */
export function sendingCommand(name: string, description: string): Command {
  return placedCommand(name, description)
    .option("--account <account>", "who sends: an address or an index among the network's accounts", "0")
    .option("--dry-run", "simulate, say what would happen and send nothing", false);
}

/** Works in a session and closes it. */
export async function inSession<T>(world: World, place: Place, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await openSession(place, world.connect);
  return work(session).finally(() => session.connection.close());
}

/** Works in a session in which one account can send, and closes it. */
export async function inSigningSession<T>(
  world: World,
  place: Place,
  work: (session: SigningSession) => Promise<T>,
): Promise<T> {
  const session = await openSigningSession(place, world.connect);
  return work(session).finally(() => session.connection.close());
}

/** Runs a command. Whatever goes wrong is one sentence on `err`. Returns the exit code. */
export async function runCommand(create: CommandFactory, args: readonly string[], world: World): Promise<number> {
  try {
    await create(world)
      .exitOverride()
      .configureOutput({ writeOut: (text) => world.out(text.trimEnd()), writeErr: () => undefined })
      .parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      const message = oneLine(error.message.replace(/^error: /, ""));
      world.err(`${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.?!)]$/.test(message) ? "" : "."}`);
      return 1;
    }
    world.err(oneLine(explain(error)));
    return 1;
  }
}

/** Refuses two options that exclude each other, and none of them. */
export function exactlyOne(options: object, names: readonly string[]): void {
  const given = names.filter((name) => ![undefined, false].includes(Reflect.get(options, name) as undefined | false));
  if (given.length !== 1) throw new Failure(`Say exactly one of ${names.map((name) => `--${name}`).join(" and ")}.`);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
