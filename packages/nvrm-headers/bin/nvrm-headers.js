#!/usr/bin/env node
// Committed, not built, so that the link in node_modules/.bin can be made before the first build.
import { main } from "../dist/cli/main.js";

process.exitCode = await main(process.argv.slice(2));
