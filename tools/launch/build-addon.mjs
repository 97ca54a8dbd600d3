#!/usr/bin/env node
/** `npm run build:wamr -- ARCH`: builds the addon for x64 or arm64, whatever set-up thinks. */

import { ROOT, withSetUpLock } from "./set-up.mjs";
import { buildAddon } from "./wamr-addon.mjs";

const EXIT_MACHINE = 3;

const say = (line) => process.stderr.write(`${line}\n`);
const isBuilt = await withSetUpLock(ROOT, say, () => buildAddon(ROOT, say, process.argv[2]));
process.exitCode = isBuilt ? 0 : EXIT_MACHINE;
