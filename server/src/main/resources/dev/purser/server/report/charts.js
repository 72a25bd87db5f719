// One function for each chart. It takes what is to be drawn and returns an ECharts option, the chart's height, a sentence for
// those who cannot see it, and the same numbers as a table.

const narrowBelow = 620;

function tip(title, rows) {
  const lines = rows.map(([name, value, mark]) =>
    '<div><span>' + (mark ? '<i style="background:' + escapeHtml(mark) + '"></i>' : '') + escapeHtml(name) + '</span><span>' + escapeHtml(value) + '</span></div>');
  return '<div class="tip"><b>' + escapeHtml(title) + '</b>' + lines.join('') + '</div>';
}

/** A scale of violation ratios that has a place for zero: its logarithm, with zero one decade below the least. */
function logScale(ratios) {
  const least = Math.min(...ratios.filter((ratio) => ratio > 0));
  const most = Math.max(...ratios);
  const floor = Math.floor(Math.log10(least)) - (ratios.some((ratio) => ratio === 0) ? 1 : 0);
  const hasZero = ratios.some((ratio) => ratio === 0);
  const ceiling = Math.max(floor + 1, Math.ceil(Math.log10(most)));
  return {
    place: (ratio) => (ratio > 0 ? Math.log10(ratio) : floor),
    axis: {
      min: floor,
      max: ceiling,
      interval: 1,
      axisLabel: { formatter: (power) => (hasZero && power === floor ? '0' : format.percentTick(Number((10 ** power).toPrecision(3)))) },
    },
  };
}

function frontierChart({ entries, bounds }, width, logarithmic) {
  const narrow = width < narrowBelow;
  const ratios = entries.flatMap((one) => [one.violations.mean, ...one.runs.map(violationRatio)]);
  const scale = logarithmic
    ? logScale(ratios)
    : { place: (ratio) => ratio, axis: { min: 0, ...(ratios.some((ratio) => ratio > 0) ? {} : { max: 0.01 }), axisLabel: { formatter: format.percentTick } } };
  const series = [];
  const frontier = paretoFrontier(entries);
  const costs = [...entries, ...bounds].map((one) => one.cost.mean);
  // names of points in the right third stand on their left, where there is room
  const middle = Math.min(...costs) + 0.66 * (Math.max(...costs) - Math.min(...costs));
  const line = colour('muted');
  series.push({
    name: 'Pareto frontier',
    type: 'line',
    step: 'end',
    data: frontier.map((one) => [one.cost.mean, scale.place(one.violations.mean)]),
    symbol: 'none',
    silent: true,
    lineStyle: { color: line, width: 1.5, type: [4, 4] },
    itemStyle: { color: line },
    z: 1,
  });
  for (const one of entries) {
    const style = stackStyle(one.index);
    series.push({
      name: one.stack,
      type: 'scatter',
      symbol: style.symbol,
      symbolKeepAspect: true,
      symbolSize: 13,
      itemStyle: { color: style.colour, borderColor: colour('card'), borderWidth: 1 },
      data: [{ value: [one.cost.mean, scale.place(one.violations.mean)] }],
      label: { show: true, position: one.cost.mean > middle ? 'left' : 'right', distance: 7, formatter: () => one.stack, color: colour('text'), textBorderColor: colour('card'), textBorderWidth: 3, fontFamily: FONT, width: narrow ? 90 : 160, overflow: 'truncate' },
      labelLayout: { hideOverlap: true, dy: -10 },
      tooltip: {
        formatter: () => tip(one.stack, [
          ['Cost', format.usd(one.cost.mean)],
          ['Violations', format.percent(one.violations.mean)],
          ['Regret', format.regret(one.regret.mean)],
          ['p99 latency', format.ms(one.p99.mean)],
          ['VM hours', format.hours(one.vmHours.mean)],
        ]),
      },
      z: 3,
    });
    // after the large mark, which is the one that the legend shows
    if (one.runs.length > 1) {
      series.push({
        name: one.stack,
        type: 'scatter',
        symbol: style.symbol,
        symbolKeepAspect: true,
        symbolSize: 5,
        itemStyle: { color: style.colour, opacity: 0.45 },
        data: one.runs.map((run) => ({ value: [costOf(run), scale.place(violationRatio(run))], run })),
        tooltip: { formatter: ({ data: { run } }) => tip(run.stack + ', seed ' + run.seed, [['Cost', format.usd(costOf(run))], ['Violations', format.percent(violationRatio(run))]]) },
        z: 2,
      });
    }
  }
  for (const bound of bounds) {
    series.push({
      name: bound.stack,
      type: 'line',
      symbol: 'none',
      // a point that is not drawn stretches the axis to the bound
      data: [[bound.cost.mean, scale.axis.min]],
      lineStyle: { color: colour('text'), type: [2, 3], width: 2 },
      itemStyle: { color: colour('text') },
      tooltip: { show: false },
      markLine: {
        symbol: 'none',
        lineStyle: { color: colour('text'), type: [2, 3], width: 2 },
        label: { show: true, position: 'insideEndTop', width: 200, overflow: 'truncate', formatter: () => bound.stack + ' ' + format.usd(bound.cost.mean), color: colour('text'), fontFamily: FONT },
        emphasis: { disabled: true },
        data: [{ xAxis: bound.cost.mean }],
      },
    });
  }
  const names = [
    ...entries.map((one) => one.stack),
    ...(frontier.length > 1 ? [{ name: 'Pareto frontier', icon: LEGEND_DASHES }] : []),
    ...bounds.map((one) => ({ name: one.stack, icon: LEGEND_DASHES })),
  ];
  const key = legend(names, width, 14);
  return {
    height: (narrow ? 340 : 410) + key.height,
    option: {
      ...base(),
      legend: key.option,
      grid: { top: key.height + 36, left: 12, right: 30, bottom: 34, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
      xAxis: axis({ type: 'value', scale: true, splitNumber: narrow ? 3 : 6, ...below('Cost of the run (US$)'), axisLabel: { formatter: format.usdTick } }),
      yAxis: axis({ type: 'value', ...above('Requests that broke their promise (%)'), ...scale.axis }),
      series,
      tooltip: { ...base().tooltip, trigger: 'item' },
    },
    text: 'Cost against violations. On the frontier: ' + frontier.map((one) => one.stack + ' at ' + format.usd(one.cost.mean) + ' and ' + format.percent(one.violations.mean)).join('; ')
      + (bounds.length ? '. Bound: ' + bounds.map((one) => one.stack + ' at ' + format.usd(one.cost.mean)).join('; ') : '') + '.',
    table: {
      head: ['Stack', 'Seed', 'Cost', 'Violations', 'On the frontier'],
      rows: entries.flatMap((one) => [
        ...(one.runs.length > 1 ? [[one.stack, 'mean', format.usd(one.cost.mean), format.percent(one.violations.mean), frontier.includes(one) ? 'yes' : 'no']] : []),
        ...one.runs.map((run) => [one.stack, String(run.seed), format.usd(costOf(run)), format.percent(violationRatio(run)), one.runs.length > 1 ? '' : frontier.includes(one) ? 'yes' : 'no']),
      ]),
    },
  };
}

/** A distance between the labels of a time axis that people count in. */
function timeStep(seconds, labels) {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];
  return steps.find((step) => seconds / step <= labels) || 2592000;
}

function loadChart(run, width) {
  const narrow = width < narrowBelow;
  const series = run.series;
  const n = series.arrivals.length;
  const end = n * series.spanSeconds;
  const points = (values) => values.map((value, i) => [(i + 0.5) * series.spanSeconds, value]);
  const area = (name, values, grid, paint) => ({
    name, type: 'line', stack: 'stack' + grid, xAxisIndex: grid, yAxisIndex: grid, data: points(values), symbol: 'none',
    lineStyle: { width: 0 }, itemStyle: { color: paint }, areaStyle: { color: paint, opacity: 0.85 }, icon: 'rect', z: 1,
  });
  const curve = (name, values, grid, paint, dash, lineWidth) => ({
    name, type: 'line', xAxisIndex: grid, yAxisIndex: grid, data: points(values), symbol: 'none',
    lineStyle: { color: paint, type: dash, width: lineWidth || 1.8 }, itemStyle: { color: paint }, icon: dash === 'solid' ? LEGEND_LINE : LEGEND_DASHES, z: 3,
  });
  const groups = [
    {
      name: 'Requests per second',
      series: [
        area('On instances', series.onInstances, 0, colour('instances')),
        area('On functions', series.onFunctions, 0, colour('functions')),
        curve('Arrivals', series.arrivals, 0, colour('text'), 'solid', 1.4),
        curve('Violations', series.violations, 0, colour('failed'), [4, 2]),
      ],
      height: 170,
    },
    {
      name: 'Instances',
      series: [
        area('Ready', series.readyInstances, 1, colour('instances')),
        area('Starting', series.pendingInstances, 1, colour('c5')),
      ],
      height: 110,
    },
    {
      name: 'Queued requests and sandboxes',
      series: [
        curve('Queued', series.queued, 2, colour('c4'), 'solid'),
        curve('Sandboxes', series.sandboxes, 2, colour('functions'), [6, 3]),
      ],
      height: 90,
    },
  ];
  const step = timeStep(end, narrow ? 4 : 10);
  const starts = [], grids = [], xAxes = [], yAxes = [], legends = [], all = [];
  const left = narrow ? 44 : 56;
  let top = 0;
  groups.forEach((group, g) => {
    // on a phone the legend stands below the title, in a second line where it has many items
    const title = narrow ? (group.series.length > 2 ? 70 : 46) : 30;
    starts.push(top);
    grids.push({ top: top + title, left, right: 28, height: group.height, outerBoundsMode: 'none' });
    xAxes.push(axis({
      type: 'value', gridIndex: g, min: 0, max: end, interval: step,
      splitLine: { show: false },
      axisLabel: { show: g === groups.length - 1, formatter: (value) => (value % step === 0 ? format.clock(value) : '') },
      ...(g === groups.length - 1 ? { name: 'Time since the start', nameLocation: 'middle', nameGap: 26 } : {}),
      axisPointer: { show: true, label: { show: false }, lineStyle: { color: colour('muted') } },
    }));
    yAxes.push(axis({ type: 'value', gridIndex: g, min: 0, splitNumber: g === 0 ? 4 : 2, axisLabel: { formatter: format.number } }));
    legends.push(legendOption(group.series.map(({ name, icon }) => ({ name, icon })), {
      top: narrow ? top + 22 : top, left: narrow ? 0 : 'auto', right: narrow ? 0 : 14, itemWidth: 20, type: 'plain',
    }));
    all.push(...group.series.map(({ icon, ...one }) => one));
    top += title + group.height + (g === groups.length - 1 ? 48 : 14);
  });
  const titles = groups.map((group, g) => ({ text: group.name, top: starts[g] }));
  return {
    height: top + 40,
    titles,
    option: {
      ...base(),
      legend: legends,
      grid: grids,
      xAxis: xAxes,
      yAxis: yAxes,
      axisPointer: { link: [{ xAxisIndex: 'all' }] },
      dataZoom: [{
        type: 'slider', xAxisIndex: [0, 1, 2], bottom: 4, height: 22, left, right: 28, filterMode: 'none', showDetail: false, brushSelect: false,
        borderColor: colour('line'), fillerColor: 'rgba(120, 140, 160, 0.18)', handleStyle: { color: colour('card'), borderColor: colour('muted') },
        moveHandleSize: 0, dataBackground: { lineStyle: { color: colour('muted') }, areaStyle: { color: colour('line') } },
        selectedDataBackground: { lineStyle: { color: colour('muted') }, areaStyle: { color: colour('muted') } },
      }],
      tooltip: {
        ...base().tooltip,
        trigger: 'axis',
        formatter: (params) => tip('At ' + format.clock(params[0].value[0]), all.map((one) => {
          const at = params.find((param) => param.seriesName === one.name);
          return at ? [one.name, format.number(at.value[1]), at.color] : null;
        }).filter((row) => row)),
      },
      series: all,
    },
    text: run.stack + ' on ' + run.trace + ', seed ' + run.seed + ': arrivals peak at ' + format.number(Math.max(0, ...series.arrivals)) + ' per second, ready instances at '
      + format.number(Math.max(0, ...series.readyInstances)) + ', sandboxes at ' + format.number(Math.max(0, ...series.sandboxes)) + '.',
    table: {
      head: ['Time', 'Arrivals/s', 'On instances/s', 'On functions/s', 'Violations/s', 'Ready', 'Starting', 'Queued', 'Sandboxes'],
      rows: series.arrivals.map((value, i) => [
        format.clock(i * series.spanSeconds),
        ...[series.arrivals, series.onInstances, series.onFunctions, series.violations, series.readyInstances, series.pendingInstances, series.queued, series.sandboxes]
          .map((values) => format.number(values[i])),
      ]),
    },
  };
}

/** Bars that lie, one row for each stack, in parts. */
function stackedBars(rows, parts, width, { name, tick, value, share }) {
  const narrow = width < narrowBelow;
  const series = parts.map((part, p) => ({
    name: part.name,
    type: 'bar',
    stack: 'all',
    barMaxWidth: 24,
    itemStyle: { color: part.colour, decal: part.hatch || undefined, borderColor: colour('card'), borderWidth: 1 },
    emphasis: { focus: 'none' },
    data: rows.map((row) => row.values[p]),
  }));
  const key = legend(parts.map((part) => part.name), width);
  return {
    height: 60 + key.height + rows.length * (narrow ? 34 : 36),
    option: {
      ...base(),
      legend: key.option,
      grid: { top: key.height + 4, left: 4, right: 24, bottom: 34, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
      xAxis: axis({ type: 'value', min: 0, ...(share ? { max: 1, interval: narrow ? 0.5 : 0.2 } : { splitNumber: narrow ? 3 : 6 }), ...below(name), axisLabel: { formatter: tick } }),
      yAxis: axis({
        type: 'category', inverse: true, data: rows.map((row) => row.stack), splitLine: { show: false },
        axisLabel: { interval: 0, hideOverlap: false, color: colour('text'), width: narrow ? 84 : 170, overflow: 'truncate' },
      }),
      tooltip: {
        ...base().tooltip,
        trigger: 'axis',
        axisPointer: { type: 'shadow' },
        formatter: (params) => tip(rows[params[0].dataIndex].stack, params.filter((one) => one.value > 0).map((one) => [one.seriesName, value(one.value), one.color])
          .concat(share ? [] : [['Total', value(sum(rows[params[0].dataIndex].values))]])),
      },
      series,
    },
    text: rows.map((row) => row.stack + ': ' + parts.map((part, p) => [part.name, row.values[p]]).filter(([, part]) => part > 0).map(([part, size]) => part + ' ' + value(size)).join(', ')).join('; ') + '.',
    table: {
      head: ['Stack', ...parts.map((part) => part.name), ...(share ? [] : ['Total'])],
      rows: rows.map((row) => [row.stack, ...row.values.map(value), ...(share ? [] : [value(sum(row.values))])]),
    },
  };
}

/** The parts' shares in the whole, with the runs of all seeds taken together. */
function shares(counts) {
  const total = sum(counts);
  return counts.map((count) => (total === 0 ? 0 : count / total));
}

function resourcesChart({ entries }, width) {
  const parts = [
    { name: 'Instances', colour: colour('instances'), of: (run) => run.ended.onInstances },
    { name: 'Functions', colour: colour('functions'), hatch: hatch(1), of: (run) => run.ended.onFunctions },
    { name: 'Refused', colour: colour('refused'), hatch: hatch(2), of: (run) => run.ended.refused },
    { name: 'Failed', colour: colour('failed'), hatch: hatch(3), of: (run) => run.ended.failed },
  ];
  const rows = entries.map((one) => ({ stack: one.stack, values: shares(parts.map((part) => sum(one.runs.map(part.of)))) }));
  return stackedBars(rows, parts, width, { name: 'Share of requests (%)', tick: format.percentTick, value: format.percent, share: true });
}

function variantsChart({ entries }, width) {
  const names = unique(entries.flatMap((one) => one.runs.flatMap((run) => run.variants.map((variant) => variant.variant))));
  const count = (run, name) => sum(run.variants.filter((variant) => variant.variant === name).map((variant) => variant.answered));
  const parts = names.map((name, i) => ({ name, colour: colour('c' + ((i % COLOURS) + 1)), hatch: hatch(i) }));
  const rows = entries.map((one) => ({ stack: one.stack, values: shares(names.map((name) => sum(one.runs.map((run) => count(run, name))))) }));
  return stackedBars(rows, parts, width, { name: 'Share of answers (%)', tick: format.percentTick, value: format.percent, share: true });
}

const CATEGORIES = { VM: 'VM', FUNCTION: 'Function', STORAGE: 'Storage' };

/** The parts of a run's bill; a bound has no lines, only a sum for each category. */
function billParts(run) {
  const parts = run.bill.map((line) => [CATEGORIES[line.category] + ': ' + line.item, line.usd]);
  if (parts.length > 0 || !run.bound) return parts;
  return [['VM (bound)', run.cost.vm], ['Function (bound)', run.cost.function], ['Storage (bound)', run.cost.storage]].filter(([, usd]) => usd > 0);
}

function billChart({ entries, bounds }, width) {
  const all = [...entries, ...bounds];
  const kindOf = (name) => (name.startsWith('VM') ? 'VM' : name.slice(0, 3));
  const names = unique(all.flatMap((one) => one.runs.flatMap((run) => billParts(run).map(([name]) => name))));
  names.sort((a, b) => ['VM', 'Fun', 'Sto'].indexOf(kindOf(a)) - ['VM', 'Fun', 'Sto'].indexOf(kindOf(b)));
  const paints = { VM: ['instances', 'c6', 'c7'], Fun: ['functions', 'c5', 'c2'], Sto: ['c3'] };
  const seen = {};
  const parts = names.map((name) => {
    const kind = kindOf(name);
    const i = (seen[kind] = (seen[kind] || 0) + 1) - 1;
    return { name, colour: colour(paints[kind][i % paints[kind].length]), hatch: hatch(kind === 'VM' ? 2 * i : 2 * i + 1) };
  });
  const cost = (run, name) => sum(billParts(run).filter(([part]) => part === name).map(([, usd]) => usd));
  const rows = all.map((one) => ({ stack: one.stack, values: names.map((name) => sum(one.runs.map((run) => cost(run, name))) / one.runs.length) }));
  return stackedBars(rows, parts, width, { name: 'Cost of the run (US$)', tick: format.usdTick, value: format.usd, share: false });
}

/** Numbers that people read on a logarithmic axis: 1, 2 and 5, or 1 alone where those would be too many. */
function logTicks(low, high, most) {
  for (const digits of [[1, 2, 5], [1, 3], [1]]) {
    const ticks = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
      for (const digit of digits) {
        const tick = Number((digit * 10 ** power).toPrecision(1));
        if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
      }
    }
    if (ticks.length <= most || digits.length === 1) return ticks;
  }
  return [];
}

function latencyChart({ entries }, width) {
  const narrow = width < narrowBelow;
  const drawn = entries.map((one) => ({ one, curve: latencyCurve(one) })).filter(({ curve }) => curve.length > 0);
  if (drawn.length === 0) return null;
  const slos = [];
  for (const slo of entries.flatMap((one) => one.runs.flatMap((run) => run.slos))) {
    if (!slos.some((known) => known.ms === slo.ms)) slos.push(slo);
  }
  const times = [...drawn.flatMap(({ curve }) => curve.map(([ms]) => ms)), ...slos.map((slo) => slo.ms)];
  const least = Math.min(...drawn.flatMap(({ curve }) => curve.map(([, share]) => share)));
  const low = Math.min(...times) * 0.9, high = Math.max(...times) * 1.1;
  const floor = 10 ** Math.min(-1, Math.floor(Math.log10(least)));
  const xTicks = logTicks(low, high, narrow ? 5 : 12), yTicks = logTicks(floor, 1, 8).filter((tick) => tick <= 1);
  const series = drawn.map(({ one, curve }) => {
    const style = stackStyle(one.index);
    const every = Math.max(1, Math.round(curve.length / 7));
    return {
      name: one.stack,
      type: 'line',
      data: curve.map(([ms, share], i) => ({ value: [ms, share], symbol: (i + 3 * one.index) % every === 0 ? style.symbol : 'none', symbolSize: 7 })),
      showAllSymbol: true,
      symbolKeepAspect: true,
      symbol: style.symbol,
      lineStyle: { color: style.colour, type: style.dash, width: 2 },
      itemStyle: { color: style.colour },
    };
  });
  series.push({
    name: 'Latency promised',
    type: 'line',
    data: [],
    symbol: 'none',
    lineStyle: { color: colour('failed'), type: [3, 3], width: 1.5 },
    itemStyle: { color: colour('failed') },
    markLine: {
      symbol: 'none',
      silent: true,
      lineStyle: { color: colour('failed'), type: [3, 3], width: 1.5 },
      data: slos.map((slo) => ({ xAxis: slo.ms, label: { position: 'insideStartTop', color: colour('failed'), textBorderColor: colour('card'), textBorderWidth: 3, fontFamily: FONT, formatter: () => 'SLO ' + format.msTick(slo.ms) } })),
    },
  });
  const quantiles = [['mean', 'meanMs'], ['p50', 'p50Ms'], ['p95', 'p95Ms'], ['p99', 'p99Ms'], ['p99.9', 'p999Ms'], ['longest', 'maxMs']];
  const quantile = (one, key) => statistic(one.runs.map((run) => run.latency && run.latency[key])).mean;
  const key = legend([...drawn.map(({ one }) => one.stack), ...(slos.length ? [{ name: 'Latency promised', icon: LEGEND_DASHES }] : [])], width, 34);
  return {
    height: (narrow ? 350 : 410) + key.height,
    option: {
      ...base(),
      legend: key.option,
      grid: { top: key.height + 36, left: 8, right: 20, bottom: 34, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
      xAxis: axis({ type: 'log', min: low, max: high, ...below('Latency (log scale)'), axisTick: { show: false, customValues: xTicks }, axisLabel: { customValues: xTicks, formatter: format.msTick } }),
      yAxis: axis({ type: 'log', min: floor, max: 1, ...above('Answers that took longer (%, log scale)'), axisTick: { show: false, customValues: yTicks }, axisLabel: { customValues: yTicks, formatter: format.percentTick } }),
      tooltip: {
        ...base().tooltip,
        trigger: 'axis',
        axisPointer: { type: 'line', snap: false },
        formatter: (params) => {
          const ms = params[0].axisValue;
          return tip('Longer than ' + format.ms(ms), drawn.map(({ one }) => [
            one.stack,
            format.percent(statistic(one.runs.map((run) => run.latency && longerThan(run.latency, ms))).mean),
            stackStyle(one.index).colour,
          ]));
        },
      },
      series,
    },
    text: drawn.map(({ one }) => one.stack + ': median ' + format.ms(one.p50.mean) + ', p99 ' + format.ms(one.p99.mean)).join('; ') + (slos.length ? '. Promised: ' + slos.map((slo) => format.ms(slo.ms)).join(', ') : '') + '.',
    slos,
    table: {
      head: ['Stack', ...quantiles.map(([name]) => name)],
      rows: entries.map((one) => [one.stack, ...quantiles.map(([, key]) => format.ms(quantile(one, key)))]),
    },
  };
}

function regretChart({ entries }, width) {
  const narrow = width < narrowBelow;
  const rows = entries.filter((one) => one.regret.mean !== null).sort((a, b) => a.regret.mean - b.regret.mean);
  if (rows.length === 0) return null;
  const seeds = rows.flatMap((one, row) => (one.runs.length > 1 ? one.runs.filter((run) => !absent(run.regret)).map((run) => ({ value: [run.regret, row], run })) : []));
  return {
    height: 70 + rows.length * (narrow ? 34 : 36),
    option: {
      ...base(),
      grid: { top: 10, left: 4, right: narrow ? 62 : 80, bottom: 34, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
      xAxis: axis({ type: 'value', splitNumber: narrow ? 2 : 6, ...below('Cost above the bound (%)'), axisLabel: { formatter: format.percentTick } }),
      yAxis: axis({
        type: 'category', inverse: true, data: rows.map((one) => one.stack), splitLine: { show: false },
        axisLabel: { interval: 0, hideOverlap: false, color: colour('text'), width: narrow ? 84 : 170, overflow: 'truncate' },
      }),
      tooltip: { ...base().tooltip, trigger: 'item', formatter: ({ data, dataIndex }) => (data.run
        ? tip(data.run.stack + ', seed ' + data.run.seed, [['Regret', format.regret(data.run.regret)]])
        : tip(rows[dataIndex].stack, [['Regret', format.regret(rows[dataIndex].regret.mean)], ['Cost', format.usd(rows[dataIndex].cost.mean)]])) },
      series: [
        {
          type: 'bar',
          barMaxWidth: 22,
          data: rows.map((one) => ({ value: one.regret.mean, itemStyle: { color: colour('c1'), borderRadius: [0, 3, 3, 0] } })),
          label: { show: seeds.length === 0, position: 'right', formatter: ({ value }) => format.regret(value), color: colour('text'), fontFamily: FONT },
        },
        { type: 'scatter', data: seeds, symbolSize: 6, itemStyle: { color: colour('text'), opacity: 0.7 } },
      ],
    },
    text: rows.map((one) => one.stack + ' ' + format.regret(one.regret.mean)).join('; ') + '.',
    table: {
      head: ['Stack', 'Regret', 'Spread', 'Cost'],
      rows: rows.map((one) => [one.stack, format.regret(one.regret.mean), one.regret.deviation === null ? NONE : '± ' + format.percentSpread(one.regret.deviation), format.usd(one.cost.mean)]),
    },
  };
}
