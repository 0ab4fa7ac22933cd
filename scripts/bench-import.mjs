#!/usr/bin/env node
// Prints how long a file of 25.5 million parameters takes from its bytes to a network with channels last.
//   npm run bench:import
// Plain Node without dependencies.
import { runSuite } from './run-suite.mjs';

runSuite('bench');
