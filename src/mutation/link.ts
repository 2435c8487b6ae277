import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

import type { Answer, Request } from "./messages.ts";

const WORKER = fileURLToPath(new URL("./worker.ts", import.meta.url));

/** A process that runs tests, and may be ended at any time. */
export class Link {
  readonly #process: ChildProcess;

  constructor() {
    this.#process = fork(WORKER, { execArgv: ["--import", "tsx"], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  }

  /** Sends a request; resolves to its last answer, `onPart` gets those before. Rejects if the process ends or is silent. */
  async ask(request: Request, silence: number, onPart: (answer: Answer) => void = () => undefined): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let timer = setTimeout(onSilence, silence);
      const finish = (end: () => void) => {
        clearTimeout(timer);
        this.#process.off("message", onMessage).off("exit", onExit);
        end();
      };
      function onSilence() {
        finish(() => reject(new Error("The worker does not answer.")));
      }
      function onExit() {
        finish(() => reject(new Error("The worker ended.")));
      }
      function onMessage(message: unknown) {
        const answer = message as Answer;
        if (answer.type !== "reached") {
          finish(() => resolve(answer));
          return;
        }
        onPart(answer);
        clearTimeout(timer);
        timer = setTimeout(onSilence, silence);
      }
      this.#process.on("message", onMessage).on("exit", onExit);
      this.#process.send(request);
    });
  }

  end(): void {
    this.#process.kill("SIGKILL");
  }
}
