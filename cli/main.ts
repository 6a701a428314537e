#!/usr/bin/env node
import { exitCodes } from './exit-codes';
import { run } from './program';
import { processTerminal } from './terminal';

void run(process.argv.slice(2), processTerminal(exitCodes.detached.code)).then((code) => {
  process.exitCode = code;
});
