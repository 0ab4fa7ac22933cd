#!/usr/bin/env node
// Prints a table of top-1 accuracies of trained models, as the golden executor and the float reference compute them,
// beside those that others have measured; then a second one of float models that Heddle quantises on a quarter of the
// frames and compares on the others. Needs the folder of models and data beside the checkout.
//   npm run accuracy
// Exit status: 0 all as listed and within their bounds, 1 one is not. Plain Node without dependencies.
import { runSuite } from './run-suite.mjs';

runSuite('accuracy');
