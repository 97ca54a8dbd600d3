/** The fuzzers of a bridge's units. Decides their names and what is said of them. */

import type { Fuzzer } from "./fuzzer.ts";
import { fuzzScsi } from "./scsi-fuzz.ts";
import { cdbInput, elementInput, listInput } from "./scsi-inputs.ts";

export const LANE_CDBS: Fuzzer = {
  name: "lane-cdbs",
  help: "CDBs of all operation codes, to a lane of a bridge",
  run: (plan) => fuzzScsi(plan, (random) => cdbInput("lane", random)),
};

export const CHANGER_CDBS: Fuzzer = {
  name: "changer-cdbs",
  help: "CDBs of all operation codes, to the changer of a bridge",
  run: (plan) => fuzzScsi(plan, (random) => cdbInput("changer", random)),
};

export const LISTS: Fuzzer = {
  name: "lists",
  help: "mode, log and persistent reservation parameter lists, to a lane and the changer",
  run: (plan) => fuzzScsi(plan, listInput),
};

export const ELEMENTS: Fuzzer = {
  name: "elements",
  help: "element addresses in all commands that have them, to the changer",
  run: (plan) => fuzzScsi(plan, elementInput),
};
