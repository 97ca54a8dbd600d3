/** Writes examples/understudy.toml from the key table; a test compares the two. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { exampleToml } from "../../host/config/example.ts";
import { ROOT } from "../launch/set-up.mjs";

writeFileSync(join(ROOT, "examples", "understudy.toml"), exampleToml());
