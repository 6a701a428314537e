const { statSync } = require('node:fs');

/**
 * The order in which jest gives test files to its processes: those that take longest first, so that no process is left
 * with one of them when the others are done. Jest knows how long they took only on a machine that has run them.
 */
const longest = [
  'simulation/simulate',
  'stack/chaos',
  'stack/faults',
  'stack/terminate',
  'stack/many-trees',
  'stack/kill',
  'stack/cancel',
  'stack/browser',
  'stack/doctor',
  'stack/quiet-night',
  'stack/day-after',
  'stack/signer',
  'stack/held',
  'stack/forward',
  'stack/hands-of-others',
  'stack/reset',
  'workflows/reset',
];

function placeOf({ path }) {
  const place = longest.findIndex((name) => path.endsWith(`${name}.test.ts`));
  return place === -1 ? longest.length : place;
}

module.exports = class LongestFirst {
  sort(tests) {
    const size = new Map(tests.map((test) => [test, statSync(test.path).size]));
    return [...tests].sort((a, b) => placeOf(a) - placeOf(b) || size.get(b) - size.get(a));
  }

  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {
    // The order is the same everywhere.
  }

  shard(tests) {
    return tests;
  }
};
