/** What reports do at once in the registry, and what governance sets for them: ramps, the tenure group, dimensions. */
import type { Mode } from "../../../src/model/allocator.ts";
import * as registry from "../../../src/model/registry.ts";
import { epochAt } from "../../../src/model/book.ts";
import { type Operation, operation } from "../runner.ts";
import { byNotice, someListed, someOperator } from "./choices.ts";
import type { System } from "./world.ts";

/** In the contracts' order. */
const MODES: readonly Mode[] = ["Hard", "Monitor", "Off"];
const TENURE_GROUP = 6;

const byScorer = (w: System) => w.trellis.registry.connect(w.by(w.trellis.scorer));

export const reports: Record<string, Operation<System>> = {
  watchByReport: operation(
    2,
    (w: System, random) => ({ id: someListed(w, random) }),
    (w, { id }) => ({
      model: () => {
        registry.watch(w.model, id, "report");
      },
      send: () => byScorer(w).watchByReport(id),
    }),
  ),
  liftWatch: operation(
    3,
    (w: System, random) => ({ id: someOperator(w, random, ({ watch }) => watch) }),
    (w, { id }) => ({
      model: () => {
        registry.liftWatch(w.model, id);
      },
      send: () => byScorer(w).liftWatch(id),
    }),
  ),
  drainByReport: operation(
    2,
    (w: System, random) => ({ id: someListed(w, random) }),
    (w, { id }) => ({
      model: () => {
        registry.drain(w.model, w.time, id, "report");
      },
      send: () => byScorer(w).drainByReport(id),
    }),
  ),
  readmit: operation(
    6,
    (w: System, random) => ({ id: someOperator(w, random, ({ state }) => state === "Draining") }),
    (w, { id }) => ({
      model: () => {
        registry.readmit(w.model, id);
      },
      send: () => byScorer(w).readmit(id),
    }),
  ),
  noteScores: operation(
    8,
    (w: System, random) => ({ epoch: epochAt(w.model.book, w.time) + 1n - BigInt(random.below(6)) }),
    (w, { epoch }) => ({
      model: () => {
        registry.noteScores(w.model, w.time, epoch);
      },
      send: () => byScorer(w).noteScores(epoch),
    }),
  ),
  setTenureGroup: operation(
    1,
    (w: System, random) => {
      const anything = random.below(w.model.groups.length + 2);
      return { group: random.once(3) ? anything : TENURE_GROUP };
    },
    (w, { group }) => ({
      model: () => {
        registry.setTenureGroup(w.model, BigInt(group));
      },
      send: () => byNotice(w).setTenureGroup(group),
    }),
  ),
  setDimensionMode: operation(
    2,
    (_: System, random) => ({ dimension: random.below(7), mode: random.once(2) ? random.below(3) : 0 }),
    (w, { dimension, mode }) => ({
      model: () => {
        registry.setDimensionMode(w.model, BigInt(dimension), MODES[mode]!);
      },
      send: () => byNotice(w).setDimensionMode(dimension, mode),
    }),
  ),
};
