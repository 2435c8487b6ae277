import { text } from "node:stream/consumers";

import { init } from "z3-solver";

/** Answers one SMT-LIB 2 query from standard input. A process of its own: the compiler waits for its solver. */
const { Z3 } = await init();
const context = Z3.mk_context(Z3.mk_config());
const answer = await Z3.eval_smtlib2_string(context, await text(process.stdin));
// The solver's threads would keep the process alive.
process.stdout.write(answer, () => process.exit(0));
