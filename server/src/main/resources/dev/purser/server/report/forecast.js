// The page of an evaluation of load predictors.

const report = JSON.parse(document.getElementById('report-data').textContent);
const page = (id) => document.getElementById(id);
const unique = (values) => [...new Set(values)];

const predictors = unique(report.scores.map((score) => score.predictor));
const horizons = unique(report.scores.map((score) => score.steps)).sort((a, b) => a - b);
const state = {
  trace: report.traces[0]?.name,
  steps: horizons[0],
  predictor: predictors.includes('ensemble') ? 'ensemble' : predictors[predictors.length - 1],
};
const charts = new Map();
const narrowBelow = 620;

const ahead = (steps) => {
  const seconds = steps * report.binSeconds;
  return seconds % 60 === 0 ? grouped(seconds / 60, 0) + THIN + 'min' : grouped(seconds, seconds % 1 ? 1 : 0) + THIN + 's';
};
const signed = (value) => (absent(value) ? NONE : (value > 0 ? '+' : value < 0 ? '−' : '') + format.percent(Math.abs(value)));

/** The columns: what to show, how, and which way is better (-1 for less, 0 for neither, a number for near it). */
const SCORES = [
  { name: 'RMSE', of: (one) => one.rmse, show: format.number, better: -1 },
  { name: 'Over persistence', of: (one) => one.overPersistence, show: signed, better: -1 },
  { name: 'MAE', of: (one) => one.mae, show: format.number, better: -1 },
  { name: 'sMAPE', of: (one) => one.smape, show: format.percent, better: -1 },
  { name: 'Too low', of: (one) => one.underShare, show: format.percent, better: 0 },
  { name: 'Too high', of: (one) => one.overShare, show: format.percent, better: 0 },
  { name: 'Pinball loss', of: (one) => one.pinball, show: format.number, better: -1 },
  { name: 'In 90 % interval', of: (one) => one.coverage90, show: format.percent, better: 0 },
  { name: 'Training', of: (one) => one.trainSeconds, show: (value) => (value < 0.05 ? NONE : format.ms(value * 1000)), better: 0 },
  { name: 'A forecast', of: (one) => one.microsPerForecast, show: (value) => format.number(value) + THIN + 'µs', better: 0 },
];

const chosen = () => report.scores.filter((score) => score.trace === state.trace && score.steps === state.steps);

let sorted = { column: 1, direction: 'ascending' };

function scoreTable() {
  const scores = chosen();
  const best = SCORES.map((column) => {
    const shown = scores.map(column.of).filter((value) => !absent(value));
    if (column.better === 0 || new Set(shown.map(column.show)).size < 2) return null;
    return column.show(Math.min(...shown));
  });
  const key = sorted.column === 0 ? (one) => one.predictor : SCORES[sorted.column - 1].of;
  const sign = sorted.direction === 'ascending' ? 1 : -1;
  const rows = [...scores].sort((a, b) => {
    const x = key(a), y = key(b);
    if (absent(x) !== absent(y) && typeof x !== 'string') return absent(x) - absent(y);
    return sign * (x < y ? -1 : x > y ? 1 : 0);
  });
  const heads = ['Predictor', ...SCORES.map((column) => column.name)].map((name, c) => {
    const head = element('th', { scope: 'col' }, element('button', { type: 'button' }, name));
    if (c === sorted.column) head.setAttribute('aria-sort', sorted.direction);
    head.firstChild.addEventListener('click', () => {
      sorted = { column: c, direction: c === sorted.column && sorted.direction === 'ascending' ? 'descending' : 'ascending' };
      redraw();
    });
    return head;
  });
  const body = rows.map((one) => element('tr', one.predictor === 'last-value' ? { class: 'bound' } : {},
    element('th', { scope: 'row', class: 'name', title: one.predictor }, one.predictor),
    ...SCORES.map((column, c) => {
      const shown = column.show(column.of(one));
      return element('td', {}, shown === best[c]
        ? element('span', { class: 'best' }, shown, element('span', { class: 'sr' }, ' (best)'))
        : shown);
    })));
  return scrolling('Errors on ' + state.trace, element('table', {},
    element('caption', {}, state.trace + ', ' + ahead(state.steps) + ' ahead'),
    element('thead', {}, element('tr', {}, ...heads)), element('tbody', {}, ...body)));
}

function tip(title, rows) {
  const lines = rows.map(([name, value, mark]) =>
    '<div><span>' + (mark ? '<i style="background:' + escapeHtml(mark) + '"></i>' : '') + escapeHtml(name) + '</span><span>' + escapeHtml(value) + '</span></div>');
  return '<div class="tip"><b>' + escapeHtml(title) + '</b>' + lines.join('') + '</div>';
}

function timeStep(seconds, labels) {
  const steps = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];
  return steps.find((step) => seconds / step <= labels) || 2592000;
}

/** What a predictor said against what came, with the interval that it gave. */
function truthChart(trace, line, width) {
  const narrow = width < narrowBelow;
  const at = (i) => (trace.firstWindow + i) * report.binSeconds;
  const points = (values) => values.map((value, i) => [at(i), value]);
  const index = predictors.indexOf(line.predictor);
  const paint = stackStyle(index).colour;
  const first = at(0), last = at(trace.actual.length);
  const step = timeStep(last - first, narrow ? 4 : 10);
  const marks = [];
  for (let mark = Math.ceil(first / step) * step; mark <= last; mark += step) marks.push(mark);
  const series = [];
  if (line.low.length > 0) {
    const band = { type: 'line', stack: 'interval', symbol: 'none', lineStyle: { width: 0 }, silent: true, z: 1 };
    series.push({ ...band, name: 'low', data: points(line.low), itemStyle: { color: paint } });
    series.push({
      ...band, name: '90 % interval', data: points(line.high.map((high, i) => high - line.low[i])),
      itemStyle: { color: paint, opacity: 0.3 }, areaStyle: { color: paint, opacity: 0.2 },
    });
  }
  series.push({ name: 'What came', type: 'line', symbol: 'none', data: points(trace.actual), lineStyle: { color: colour('text'), width: 1.4 }, itemStyle: { color: colour('text') }, z: 3 });
  series.push({ name: 'Forecast', type: 'line', symbol: 'none', data: points(line.mean), lineStyle: { color: paint, width: 1.8, type: [8, 4] }, itemStyle: { color: paint }, z: 4 });
  const key = legend([
    { name: 'What came', icon: LEGEND_LINE },
    { name: 'Forecast', icon: LEGEND_DASHES },
    ...(line.low.length > 0 ? [{ name: '90 % interval', icon: 'rect' }] : []),
  ], width, 20);
  const left = narrow ? 48 : 60;
  return {
    height: (narrow ? 300 : 380) + key.height,
    option: {
      ...base(),
      legend: key.option,
      grid: { top: key.height + 30, left, right: 28, bottom: 92, outerBoundsMode: 'none' },
      xAxis: axis({
        type: 'value', min: first, max: last, splitLine: { show: false },
        axisTick: { customValues: marks }, axisLabel: { customValues: marks, formatter: format.clock },
        name: 'Time since the start', nameLocation: 'middle', nameGap: 28,
        axisPointer: { show: true, label: { show: false }, lineStyle: { color: colour('muted') } },
      }),
      yAxis: axis({ type: 'value', min: 0, ...above('Requests in a window'), axisLabel: { formatter: format.number } }),
      dataZoom: [{
        type: 'slider', bottom: 8, height: 22, left, right: 28, filterMode: 'none', showDetail: false, brushSelect: false,
        borderColor: colour('line'), fillerColor: 'rgba(120, 140, 160, 0.18)', handleStyle: { color: colour('card'), borderColor: colour('muted') },
        moveHandleSize: 0, dataBackground: { lineStyle: { color: colour('muted') }, areaStyle: { color: colour('line') } },
        selectedDataBackground: { lineStyle: { color: colour('muted') }, areaStyle: { color: colour('muted') } },
      }],
      tooltip: {
        ...base().tooltip,
        trigger: 'axis',
        formatter: (params) => {
          const i = params[0].dataIndex;
          return tip('At ' + format.clock(at(i)), [
            ['What came', format.number(trace.actual[i]), colour('text')],
            ['Forecast', format.number(line.mean[i]), paint],
            ...(line.low.length > 0 ? [['90 % interval', format.number(line.low[i]) + ' to ' + format.number(line.high[i])]] : []),
          ]);
        },
      },
      series,
    },
    text: 'What came on ' + trace.name + ' and what ' + line.predictor + ' had forecast ' + ahead(line.steps) + ' before.',
    table: {
      head: ['Time', 'What came', 'Forecast', 'Low', 'High'],
      rows: trace.actual.map((actual, i) => [
        format.clock(at(i)), format.number(actual), format.number(line.mean[i]),
        line.low.length > 0 ? format.number(line.low[i]) : NONE, line.low.length > 0 ? format.number(line.high[i]) : NONE,
      ]),
    },
  };
}

/** The errors of all predictors over that of persistence. */
function rankingChart(width) {
  const scores = chosen().filter((one) => !absent(one.overPersistence))
    .sort((a, b) => b.overPersistence - a.overPersistence);
  if (scores.length < 2) return null;
  const cut = 1;
  const narrow = width < narrowBelow;
  return {
    height: 40 + 28 * scores.length + 40,
    option: {
      ...base(),
      grid: { top: 8, left: 12, right: 64, bottom: 40, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
      xAxis: axis({ type: 'value', max: cut, splitNumber: narrow ? 3 : 6, ...below('RMSE over that of persistence, less one'), axisLabel: { formatter: format.percentTick } }),
      yAxis: axis({ type: 'category', data: scores.map((one) => one.predictor), axisLabel: { width: narrow ? 90 : 180, overflow: 'truncate' } }),
      tooltip: { ...base().tooltip, trigger: 'item', formatter: ({ dataIndex }) => tip(scores[dataIndex].predictor, [['Over persistence', signed(scores[dataIndex].overPersistence)], ['RMSE', format.number(scores[dataIndex].rmse)]]) },
      series: [{
        type: 'bar',
        barMaxWidth: 18,
        data: scores.map((one) => ({
          value: Math.min(one.overPersistence, cut),
          itemStyle: { color: colour(one.overPersistence <= 0 ? 'c3' : 'failed') },
        })),
        label: { show: true, position: 'right', color: colour('text'), fontFamily: FONT, formatter: ({ dataIndex }) => signed(scores[dataIndex].overPersistence) },
      }],
    },
    text: 'Errors over persistence: ' + scores.map((one) => one.predictor + ' ' + signed(one.overPersistence)).join('; ') + '.',
    table: { head: ['Predictor', 'RMSE', 'Over persistence'], rows: scores.map((one) => [one.predictor, format.number(one.rmse), signed(one.overPersistence)]) },
  };
}

function draw(id, make) {
  const section = page(id);
  section.hidden = false;
  const box = section.querySelector('.chart');
  const width = printing ? PRINT_WIDTH : box.clientWidth;
  const made = make(width);
  section.hidden = !made;
  if (!made) return;
  box.style.height = made.height + 'px';
  box.setAttribute('aria-label', made.text);
  let chart = charts.get(id);
  if (!chart) {
    chart = echarts.init(box, null, { renderer: 'svg' });
    charts.set(id, chart);
  }
  chart.resize({ width, height: made.height });
  chart.setOption(made.option, { notMerge: true });
  chart.getZr().flush();
  const details = section.querySelector('details');
  const fill = () => {
    details.querySelector('.scroll')?.remove();
    if (details.open) details.append(plainTable(section.querySelector('h2').textContent, made.table));
  };
  details.ontoggle = fill;
  fill();
}

const PRINT_WIDTH = 680;

function redraw() {
  page('summary-table').replaceChildren(scoreTable());
  page('summary-note').textContent = 'Errors are in requests per window of ' + ahead(1) + '. Best values are marked; a click on a heading sorts.';
  const trace = report.traces.find((one) => one.name === state.trace);
  const line = trace?.lines.find((one) => one.predictor === state.predictor && one.steps === state.steps);
  page('truth-note').textContent = trace
    ? 'Each point was forecast ' + ahead(state.steps) + ' before. The last ' + grouped(trace.actual.length, 0) + ' of ' + grouped(trace.windows, 0) + ' windows judged are shown; drag the handles below to look closer.'
    : '';
  page('shown').textContent = 'The trace ' + state.trace + ', ' + ahead(state.steps) + ' ahead; the chart of forecasts is that of ' + state.predictor + '.';
  draw('truth', (width) => (line && trace.actual.length > 0 ? truthChart(trace, line, width) : null));
  draw('ranking', rankingChart);
}

function choices() {
  const form = page('traces');
  form.hidden = report.traces.length < 2;
  for (const { name } of report.traces) {
    const input = element('input', { type: 'radio', name: 'trace', title: name });
    input.checked = name === state.trace;
    input.addEventListener('change', () => {
      state.trace = name;
      redraw();
    });
    form.firstElementChild.append(element('label', {}, input, element('span', {}, name)));
  }
  const select = (id, values, shown, current, change) => {
    page(id).replaceChildren(...values.map((value) => {
      const option = element('option', { value: String(value) }, shown(value));
      option.selected = value === current;
      return option;
    }));
    page(id).addEventListener('change', (event) => {
      change(values[event.target.selectedIndex]);
      redraw();
    });
  };
  select('steps', horizons, (steps) => steps + ' (' + ahead(steps) + ')', state.steps, (steps) => (state.steps = steps));
  select('predictor', predictors, (name) => name, state.predictor, (name) => (state.predictor = name));
}

choices();
keepDrawn(redraw);
