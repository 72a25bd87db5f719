// The runs, grouped by trace and stack, with their means over the seeds.

const report = JSON.parse(document.getElementById('report-data').textContent);

const unique = (values) => [...new Set(values)];
const sum = (values) => values.reduce((total, value) => total + value, 0);

const traces = unique(report.runs.map((run) => run.trace));
// the bounds come last, so that they take no stack's colour
const stacks = unique(report.runs.filter((run) => !run.bound).map((run) => run.stack));

const costOf = (run) => run.cost.vm + run.cost.function + run.cost.storage;
const violationRatio = (run) => (run.requests === 0 ? 0 : run.violations / run.requests);
const answered = (run) => run.ended.onInstances + run.ended.onFunctions;

/** Mean and standard deviation of what is there; null where nothing is. */
function statistic(values) {
  const there = values.filter((value) => !absent(value));
  if (there.length === 0) return { mean: null, deviation: null, n: 0 };
  const mean = sum(there) / there.length;
  const squares = sum(there.map((value) => (value - mean) ** 2));
  return { mean, deviation: there.length > 1 ? Math.sqrt(squares / (there.length - 1)) : null, n: there.length };
}

/** What is known of a stack on a trace. */
function entry(stack, bound, runs) {
  const over = (property) => statistic(runs.map(property));
  const real = (property) => over(bound ? () => null : property);
  return {
    stack,
    bound,
    runs,
    index: stacks.indexOf(stack),
    cost: over(costOf),
    regret: over((one) => one.regret),
    violations: real(violationRatio),
    p50: real((one) => one.latency && one.latency.p50Ms),
    p99: real((one) => one.latency && one.latency.p99Ms),
    vmHours: real((one) => one.vmHours),
    functionShare: real((one) => (answered(one) === 0 ? null : one.ended.onFunctions / answered(one))),
    coldStarts: real((one) => one.coldStarts),
    accuracy: real((one) => one.meanAccuracy),
    peakInstances: real((one) => one.peakInstances),
  };
}

const byTrace = new Map(traces.map((trace) => {
  const runs = report.runs.filter((run) => run.trace === trace);
  const entries = stacks
    .map((stack) => entry(stack, false, runs.filter((run) => !run.bound && run.stack === stack)))
    .filter((one) => one.runs.length > 0);
  const bounds = unique(runs.filter((run) => run.bound).map((run) => run.stack))
    .map((stack) => entry(stack, true, runs.filter((run) => run.bound && run.stack === stack)));
  return [trace, { trace, entries, bounds, seeds: unique(runs.filter((run) => !run.bound).map((run) => run.seed)).length }];
}));

/** The entries that no other one beats in both cost and violations, by rising cost. */
function paretoFrontier(entries) {
  const sorted = [...entries].sort((a, b) => a.cost.mean - b.cost.mean || a.violations.mean - b.violations.mean);
  const frontier = [];
  for (const one of sorted) {
    if (frontier.length === 0 || one.violations.mean < frontier[frontier.length - 1].violations.mean) frontier.push(one);
  }
  return frontier;
}

/** Share of a run's answers that took longer than a time, between its points on a straight line of the logarithms. */
function longerThan(latency, ms) {
  const { ccdfMs: x, ccdfShare: p } = latency;
  if (x.length === 0) return ms < latency.maxMs ? 1 : 0;
  if (ms < x[0]) return 1;
  if (ms >= latency.maxMs) return 0;
  let low = 0, high = x.length - 1;
  if (ms >= x[high]) return p[high];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle] <= ms) low = middle;
    else high = middle;
  }
  if (x[high] === x[low]) return p[high];
  const share = Math.log(ms / x[low]) / Math.log(x[high] / x[low]);
  return Math.exp(Math.log(p[low]) + share * Math.log(p[high] / p[low]));
}

/** The latency distribution of a stack, averaged over its seeds: pairs of milliseconds and share. */
function latencyCurve(one) {
  const latencies = one.runs.map((run) => run.latency).filter((latency) => latency);
  if (latencies.length === 1) return latencies[0].ccdfMs.map((ms, i) => [ms, latencies[0].ccdfShare[i]]);
  const times = latencies.flatMap((latency) => latency.ccdfMs);
  if (times.length === 0) return [];
  const low = Math.min(...times), high = Math.max(...times), points = 60;
  const curve = [];
  for (let i = 0; i < points; i++) {
    const ms = low * (high / low) ** (i / (points - 1));
    const share = sum(latencies.map((latency) => longerThan(latency, ms))) / latencies.length;
    if (share > 0) curve.push([ms, share]);
  }
  return curve;
}

/** The run of a stack whose course over time was kept. */
const runWithSeries = (one) => one.runs.find((run) => run.series);
