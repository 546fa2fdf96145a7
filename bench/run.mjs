// npm run bench: the figures of bench/README.md, as ratios of two arms in one run. Nothing is asserted.
import { parseArgs } from 'node:util';
import { p4, p5 } from './figures/codec.mjs';
import { p1, p2, p6 } from './figures/goodput.mjs';
import { http2 } from './figures/http2.mjs';
import { p12, p19 } from './figures/memory.mjs';
import { p7, peer } from './figures/peer.mjs';
import { p11 } from './figures/probe.mjs';
import { p10 } from './figures/start.mjs';
import { p16 } from './figures/stdout.mjs';
import { trace } from './figures/trace.mjs';
import { buildWorkers } from './lib/build.mjs';
import { findPeers, machine, makeCertificate } from './lib/context.mjs';
import { printRow, printTable, verdict, writeResults } from './lib/report.mjs';

const FIGURES = {
  P1: p1,
  P2: p2,
  P4: p4,
  P5: p5,
  P6: p6,
  P7: p7,
  P10: p10,
  P11: p11,
  P12: p12,
  P16: p16,
  P19: p19,
  H2: http2,
  trace,
  peer,
};

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '10' },
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    draft: { type: 'string', default: '18' },
    verbose: { type: 'boolean', short: 'v', default: false },
  },
});

const wanted = options.only?.split(',') ?? Object.keys(FIGURES);
const unknown = wanted.filter((name) => !(name in FIGURES));
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
if (unknown.length > 0 || !Number.isInteger(rounds) || rounds < 1 || !(seconds > 0)) {
  console.error(
    `usage: npm run bench -- [--rounds N] [--seconds N] [--only ${Object.keys(FIGURES).join(',')}] [--quick] [--draft 18] [-v]`,
  );
  process.exit(2);
}

const print = (text) => console.log(text);
const info = machine();
print(`${info.cpu}, ${info.cores} cores, ${info.memoryGiB} GiB, Linux ${info.kernel}, node ${info.node}`);
print(`${info.quic}, koffi ${info.koffi ?? 'absent'}, commit ${info.commit}, load ${info.loadAtStart.toFixed(2)}`);
print(
  `${rounds} rounds of each arm in turns, fewer where they take above ${seconds} s; the best counts, the spread is worst to best\n`,
);

await buildWorkers();
const context = {
  ...makeCertificate(),
  peers: findPeers(),
  rounds: options.quick ? Math.min(rounds, 3) : rounds,
  quick: options.quick,
  draft: options.draft,
  budgetMs: seconds * 1000,
  bytes: options.quick ? 32 << 20 : 128 << 20,
  log: options.verbose ? (text) => console.error(text) : () => {},
};

const rows = [];
const at = new Date().toISOString();
let file = '';
for (const name of wanted) {
  let found;
  try {
    found = await FIGURES[name](context);
  } catch (error) {
    found = [{ id: name, what: 'could not be measured', ratio: null, bar: { atLeast: 1 }, note: error.message }];
  }
  for (const row of found) printRow(row, print);
  rows.push(...found);
  file = writeResults({
    at,
    machine: info,
    options: { rounds: context.rounds, quick: context.quick, draft: context.draft },
    rows: rows.map((row) => ({ ...row, verdict: verdict(row) })),
  });
}
print('');
printTable(rows, print);
print(`\n${file}`);
process.exit(0);
