import { test } from "node:test";
import type { CaseResult } from "../../tools/demo/case-result.ts";
import { tgtMissing } from "../../tools/rigs/tgt/tgt-library.ts";
import { assertKept, demo } from "./run-demo.ts";

const SIZE = "32M";
const STORIES: readonly CaseResult["case"][] = [
  "none",
  "medium",
  "drive",
  "stuck-drive",
  "no-spare",
];

for (const name of STORIES) {
  test(`demo --library tgt --fail ${name}: every promise is kept`, {
    skip: tgtMissing(),
  }, async () => {
    const args = ["--library", "tgt", "--size", SIZE, "--fail", name, "--json"];
    assertKept(name, await demo(args));
  });
}
