// Asks its server once a second and changes what has changed. All text goes in as text, never as markup.

const SECONDS = 300;
const EVERY_MS = 1000;
const PATIENCE_MS = 5000;
const page = (id) => document.getElementById(id);

/** What is kept between two answers: the last seconds, by class those of its latencies. */
const kept = { startedAt: null, last: -1, answered: [], refused: [], failed: [], series: new Map() };
let latest = null;
let shownClass = null;
let lostSince = null;

// ------------------------------------------------------------------ small changes to the page

function setText(node, text) {
  const wanted = text === null || text === undefined ? '' : String(text);
  if (node.textContent !== wanted) node.textContent = wanted;
}

function setClass(node, name) {
  if (node.className !== name) node.className = name;
}

/** Gives a node this many children, made where they are missing. */
function children(node, count, make) {
  while (node.children.length > count) node.lastElementChild.remove();
  while (node.children.length < count) node.append(make());
  return [...node.children];
}

/** A cell is a text, or { text, kind, title, mark, bar, below }: mark is the class of a dot before it, bar a share to draw. */
function fillCell(node, cell) {
  const { text, kind = '', title = '', mark = null, bar = null, below = null } = cell !== null && typeof cell === 'object' ? cell : { text: cell };
  setClass(node, kind);
  if (node.title !== title) node.title = title;
  if (bar !== null) {
    const [line] = children(node, 1, () => document.createElement('span'));
    setClass(line, 'bar');
    const width = (bar * 100).toFixed(1) + '%';
    if (line.style.width !== width) line.style.width = width;
    node.setAttribute('aria-label', format.percent(bar));
  } else if (below !== null) {
    const [name, more] = children(node, 2, () => document.createElement('span'));
    setText(name, text);
    setClass(more, 'spread');
    setText(more, below);
  } else if (mark !== null) {
    const [dot, words] = children(node, 2, () => document.createElement('span'));
    setClass(dot, 'state ' + mark);
    setText(words, text);
  } else {
    // a cell that held something else before
    if (node.children.length) node.textContent = '';
    setText(node, text);
  }
}

function fillTable(id, head, rows, empty) {
  const table = page(id).querySelector('table');
  if (!table.tHead.rows.length) {
    const row = table.tHead.insertRow();
    for (const name of head) {
      const cell = document.createElement('th');
      cell.scope = 'col';
      const text = typeof name === 'string' ? name : name.text;
      cell.textContent = text;
      if (typeof name !== 'string') cell.className = 'text';
      row.append(cell);
    }
  }
  const body = table.tBodies[0];
  const shown = rows.length ? rows : [[{ text: empty, kind: 'empty' }]];
  children(body, shown.length, () => document.createElement('tr')).forEach((row, r) => {
    setClass(row, rows.length ? '' : 'empty');
    children(row, shown[r].length, () => document.createElement('td')).forEach((node, c) => {
      const span = rows.length ? 1 : head.length;
      if (node.colSpan !== span) node.colSpan = span;
      fillCell(node, shown[r][c]);
    });
  });
}

const left = (text) => ({ text, kind: 'text' });
const words = (text) => ({ text, kind: 'words' });
const clock = (ms) => new Date(ms).toLocaleTimeString('en-GB');

function duration(seconds) {
  if (seconds < 60) return Math.floor(seconds) + THIN + 's';
  if (seconds < 3600) return Math.floor(seconds / 60) + THIN + 'min ' + Math.floor(seconds % 60) + THIN + 's';
  if (seconds < 86400) return Math.floor(seconds / 3600) + THIN + 'h ' + Math.floor((seconds / 60) % 60) + THIN + 'min';
  return Math.floor(seconds / 86400) + THIN + 'd ' + Math.floor((seconds / 3600) % 24) + THIN + 'h';
}

const plural = (count, noun) => format.count(count) + ' ' + noun + (count === 1 ? '' : 's');

// ------------------------------------------------------------------ what comes in

function lastOf(list, more) {
  const all = list.concat(more);
  return all.length > SECONDS ? all.slice(all.length - SECONDS) : all;
}

function padded(list, length) {
  return list.length >= length ? list : Array(length - list.length).fill(null).concat(list);
}

function take(state) {
  const { seconds } = state;
  // an answer to an earlier question that comes late adds nothing
  const fresh = Math.min(seconds.answered.length, Math.max(0, seconds.last - kept.last));
  const newest = (list) => (fresh === 0 ? [] : list.slice(-fresh));
  const before = kept.answered.length;
  kept.answered = lastOf(kept.answered, newest(seconds.answered));
  kept.refused = lastOf(kept.refused, newest(seconds.refused));
  kept.failed = lastOf(kept.failed, newest(seconds.failed));
  for (const one of state.classes) {
    const old = kept.series.get(one.name) ?? { p50: [], p95: [], p99: [] };
    const next = {};
    for (const key of ['p50', 'p95', 'p99']) next[key] = lastOf(padded(old[key], before), newest(one.series[key]));
    kept.series.set(one.name, next);
  }
  kept.last = seconds.last;
  latest = state;
}

function forget(startedAt) {
  kept.startedAt = startedAt;
  kept.last = -1;
  kept.answered = [];
  kept.refused = [];
  kept.failed = [];
  kept.series.clear();
}

// ------------------------------------------------------------------ charts

const charts = new Map();

function chart(id, height) {
  const box = page(id).querySelector('.chart');
  let drawn = charts.get(id);
  if (!drawn) {
    box.style.height = height + 'px';
    drawn = echarts.init(box, null, { renderer: 'svg' });
    charts.set(id, drawn);
  }
  return { drawn, box };
}

/** As many whole minutes as there is something to show, at most five. */
function span() {
  return Math.min(SECONDS, Math.max(60, Math.ceil(kept.answered.length / 60) * 60));
}

function timeAxis() {
  const short = span() === 60;
  return axis({
    type: 'value',
    min: -span(),
    max: 0,
    interval: short ? 15 : 60,
    splitLine: { show: false },
    axisLine: { show: true, onZero: false, lineStyle: { color: colour('line') } },
    axisLabel: { formatter: (s) => (s === 0 ? 'now' : short ? s + THIN + 's' : s / 60 + THIN + 'min'), alignMinLabel: 'left', alignMaxLabel: 'right' },
  });
}

function valueAxis(name, more) {
  return axis({
    type: 'value',
    min: 0,
    splitNumber: 4,
    name,
    nameLocation: 'end',
    nameGap: 12,
    nameTextStyle: { align: 'left', color: colour('muted'), fontFamily: FONT },
    axisLine: { show: false, onZero: false },
    ...more,
  });
}

function points(list) {
  return list.map((value, i) => [i - list.length + 1, value]);
}

function tipAt(items, show) {
  const at = items[0].axisValue;
  const rows = items.filter(({ value }) => value[1] !== null).map(({ seriesName, value, color }) =>
    '<div><span><i style="background:' + escapeHtml(color) + '"></i>' + escapeHtml(seriesName) + '</span><span>' + escapeHtml(show(value[1])) + '</span></div>');
  return '<div class="tip"><b>' + escapeHtml(at === 0 ? 'now' : Math.round(-at) + ' s ago') + '</b>' + rows.join('') + '</div>';
}

function drawLoad() {
  const { drawn, box } = chart('load', 260);
  const names = ['Answered', 'Refused', 'Failed'];
  const lists = [kept.answered, kept.refused, kept.failed];
  const colours = ['instances', 'refused', 'failed'].map(colour);
  const key = legend(names.map((name) => ({ name, icon: 'rect' })), box.clientWidth, 14);
  drawn.setOption({
    ...base(),
    legend: key.option,
    grid: { top: key.height + 26, left: 8, right: 12, bottom: 8, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: timeAxis(),
    yAxis: valueAxis('Requests a second', { minInterval: 1, axisLabel: { formatter: format.count } }),
    series: names.map((name, i) => ({
      name,
      type: 'line',
      stack: 'all',
      data: points(lists[i]),
      symbol: 'none',
      lineStyle: { width: i === 0 ? 1.5 : 0, color: colours[i] },
      areaStyle: { color: colours[i], opacity: i === 0 ? 0.35 : 0.85 },
      itemStyle: { color: colours[i] },
      emphasis: { disabled: true },
    })),
    tooltip: { ...base().tooltip, trigger: 'axis', axisPointer: { type: 'line', lineStyle: { color: colour('line') } }, formatter: (items) => tipAt(items, format.count) },
  }, { notMerge: false });
  const recent = kept.answered.slice(-10);
  box.setAttribute('aria-label', 'Answered in the last ten seconds: ' + recent.reduce((a, b) => a + b, 0) + ' requests.');
}

function drawLatency(state) {
  const one = state.classes.find((each) => each.name === shownClass) ?? state.classes[0];
  const { drawn, box } = chart('latency', 260);
  if (!one) return;
  const series = kept.series.get(one.name);
  const names = ['p50', 'p95', 'p99'];
  const colours = [colour('c3'), colour('c1'), colour('c2')];
  const dashes = ['solid', [6, 3], [2, 3]];
  const promise = one.maxLatencyMs ?? null;
  const items = promise === null ? names : [...names, { name: 'Promise', icon: LEGEND_DASHES }];
  const key = legend(items, box.clientWidth, 22);
  const seen = names.flatMap((name) => series[name]).filter((value) => value !== null);
  drawn.setOption({
    ...base(),
    legend: key.option,
    grid: { top: key.height + 26, left: 8, right: 12, bottom: 8, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: timeAxis(),
    yAxis: valueAxis('Latency of answers', { axisLabel: { formatter: format.msTick } }),
    series: [
      ...names.map((name, i) => ({
        name,
        type: 'line',
        data: points(series[name]),
        symbol: 'circle',
        symbolSize: 3,
        showSymbol: seen.length < 120,
        connectNulls: true,
        lineStyle: { width: 1.5, color: colours[i], type: dashes[i] },
        itemStyle: { color: colours[i] },
        emphasis: { disabled: true },
      })),
      {
        name: 'Promise',
        type: 'line',
        symbol: 'none',
        silent: true,
        data: promise === null ? [] : [[-span(), promise], [0, promise]],
        lineStyle: { width: 1.5, color: colour('failed'), type: [8, 4] },
        itemStyle: { color: colour('failed') },
        tooltip: { show: false },
      },
    ],
    tooltip: { ...base().tooltip, trigger: 'axis', axisPointer: { type: 'line', lineStyle: { color: colour('line') } }, formatter: (items) => tipAt(items, format.ms) },
  }, { notMerge: false });
  box.setAttribute('aria-label', 'Latency of ' + one.name + ': p50 ' + format.ms(one.p50Ms) + ', p95 ' + format.ms(one.p95Ms) + ', p99 ' + format.ms(one.p99Ms) + '.');
  setText(page('latency-note'), promiseOf(one));
}

// ------------------------------------------------------------------ sections

function promiseOf(one) {
  const parts = [];
  if (one.maxLatencyMs !== undefined) parts.push('within ' + format.ms(one.maxLatencyMs) + ' (' + one.urgency + ')');
  if (one.minAccuracy !== undefined) parts.push('accuracy from ' + format.percent(one.minAccuracy));
  if (one.maxCostUsdPer1k !== undefined) parts.push('at most ' + format.usd(one.maxCostUsdPer1k) + ' per 1,000');
  if (one.variant !== undefined) parts.push('by ' + one.variant);
  return parts.length ? parts.join(', ') : 'no promise';
}

function figures(state) {
  const { requests, cost } = state;
  const seconds = kept.answered.slice(-10);
  const rate = seconds.length ? seconds.reduce((a, b) => a + b, 0) / seconds.length : 0;
  const turned = [...kept.refused.slice(-60), ...kept.failed.slice(-60)].reduce((a, b) => a + b, 0);
  const waiting = state.variants.reduce((sum, one) => sum + one.queued, 0);
  const instances = state.workers.filter((one) => one.place === 'instance');
  const sandboxes = state.workers.filter((one) => one.place === 'function');
  const ready = (list) => list.filter((one) => one.phase === 'ready').length;
  const broken = requests.refused + requests.failed + requests.late;
  const list = [
    ['Answered', format.number(rate) + '/s', format.count(requests.answered) + ' so far', false],
    ['Promises kept', format.percent(requests.kept), broken ? format.count(requests.late) + ' late, ' + format.count(requests.refused) + ' refused, ' + format.count(requests.failed) + ' failed' : 'none broken', requests.kept < 0.99],
    ['Not answered', format.count(turned), 'refused or failed, last minute', turned > 0],
    ['Open', format.count(requests.open), format.count(waiting) + ' of them wait', false],
    ['Instances', ready(instances) + (instances.length > ready(instances) ? ' of ' + instances.length : ''), 'ready', false],
    ['Sandboxes', String(sandboxes.length), plural(requests.coldStarts, 'cold start'), false],
    ['Cost so far', format.usd(cost.usd), format.usd(cost.usdPerHour) + ' an hour now', false],
    ['Per 1,000 answers', format.usd(cost.usdPer1k), 'since the start', false],
  ];
  const boxes = children(page('figures'), list.length, () => {
    const box = document.createElement('div');
    box.append(document.createElement('dt'), document.createElement('dd'), document.createElement('dd'));
    return box;
  });
  boxes.forEach((box, i) => {
    setText(box.children[0], list[i][0]);
    setText(box.children[1], list[i][1]);
    setText(box.children[2], list[i][2]);
    setClass(box, list[i][3] ? 'bad' : '');
  });
  document.title = (lostSince ? '✕ ' : '') + format.number(rate) + '/s · ' + state.about.application + ' · Purser';
}

function late(value, promise) {
  const over = promise !== undefined && value !== undefined && value > promise;
  return { text: format.ms(value), kind: over ? 'bad' : '', title: over ? 'over the promise' : '' };
}

function classes(state) {
  fillTable('classes', [left('Class'), 'Requests/s', 'p50', 'p95', 'p99', 'Kept', 'Answered', 'Late', 'Refused', 'Failed'],
    state.classes.map((one) => [
      one.declared
        ? { text: one.name, below: promiseOf(one), kind: 'wrap', title: 'declared by the workload' }
        : { text: one.name, below: 'asked for by clients', kind: 'wrap' },
      format.number(one.perSecond),
      late(one.p50Ms, one.maxLatencyMs),
      late(one.p95Ms, one.maxLatencyMs),
      late(one.p99Ms, one.maxLatencyMs),
      { text: format.percent(one.kept), kind: one.kept < 0.99 ? 'bad' : '' },
      format.count(one.answered),
      format.count(one.late),
      format.count(one.refused),
      format.count(one.failed),
    ]), 'no class has been asked for');
  const { invalid } = state.requests;
  setText(page('classes-note'), 'By class of requests. Rates are of the last minute, latencies of the last one to two; all else since the start.'
    + (invalid ? ' Not counted: ' + plural(invalid, 'request') + ' that clients must change.' : ''));
  const select = page('latency-class');
  const names = state.classes.map((one) => one.name);
  if (!names.includes(shownClass)) shownClass = names[0] ?? null;
  const options = children(select, names.length, () => document.createElement('option'));
  options.forEach((option, i) => {
    setText(option, names[i]);
    if (option.value !== names[i]) option.value = names[i];
  });
  if (select.value !== shownClass) select.value = shownClass;
}

function fleet(state) {
  const steps = (one) => Object.entries(one.initStepsMs ?? {}).map(([step, ms]) => step + ' ' + format.ms(ms)).join(', ');
  fillTable('fleet', [left('Worker'), left('Variant'), left('State'), 'Process', 'Started in', 'Age', 'Busy / slots', 'Answered'],
    state.workers.map((one) => [
      { text: one.name, kind: 'text', title: one.place },
      left(one.variant),
      { text: one.phase, kind: 'text', mark: one.phase },
      one.pid === undefined ? { text: 'in this one', kind: 'dim' } : String(one.pid),
      { text: one.phase === 'ready' || one.initMs > 0 ? format.ms(one.initMs) : NONE, title: steps(one) },
      duration(one.ageS),
      one.running + (one.place === 'instance' ? ' / ' + one.slots : ''),
      format.count(one.served),
    ]), 'no worker runs; one starts when the policies ask for it');
  const trouble = state.launches.filter((one) => one.failuresInARow > 0);
  setText(page('fleet-note'), trouble.length
    ? trouble.map((one) => one.name + ': ' + plural(one.failuresInARow, 'start') + ' failed in a row' + (one.broken ? ', so that its requests fail too' : '') + '; the next waits ' + duration(one.backOffS) + '. ' + (one.lastFailure ?? '')).join(' ')
    : 'Instances are long-lived workers; sandboxes are started for functions and reclaimed when idle.');
  page('ended').hidden = state.lost.length === 0;
  setText(page('ended').querySelector('summary'), plural(state.lost.length, 'worker') + ' failed');
  fillTable('ended', [left('Worker'), left('Variant'), 'Process', 'Age', 'Answered', left('Cause')],
    state.lost.map((one) => [left(one.name), left(one.variant), one.pid === undefined ? NONE : String(one.pid), duration(one.ageS), format.count(one.served), words(one.cause ?? '')]), '');
}

function variants(state) {
  const recent = state.variants.reduce((sum, one) => sum + one.recent, 0);
  fillTable('variants', [left('Variant'), 'Accuracy', left('Last minute'), 'Instances', 'Functions', 'Waiting'],
    state.variants.map((one) => [
      left(one.name),
      format.percent(one.accuracy),
      { kind: 'meter', bar: recent ? one.recent / recent : 0, title: plural(one.recent, 'answer') },
      format.count(one.onInstances),
      format.count(one.onFunctions),
      format.count(one.queued),
    ]), '');
}

function cost(state) {
  setText(page('cost-note'), 'At the price book ' + state.about.priceBook + ', with what runs now as if it stopped now. This machine itself costs you nothing more.');
  fillTable('cost', [left('Item'), 'Used', 'US$'],
    [
      ...state.cost.items.map((one) => [left(one.item), one.quantity, format.usd(one.usd)]),
      [{ text: 'Total', kind: 'text' }, { text: format.usd(state.cost.usdPerHour) + ' an hour now', kind: 'dim' }, format.usd(state.cost.usd)],
    ], '');
}

function plans(state) {
  const list = page('plans').querySelector('ol');
  const lines = state.plans.map((plan, i) => {
    const changes = plan.fleets.map((one) => {
      const parts = [];
      if (one.launched) parts.push('launched ' + one.launched);
      if (one.stopped) parts.push('stopped ' + one.stopped);
      const what = parts.length ? parts.join(' and ') : 'kept ' + one.before;
      return { what: one.fleet + ': ' + what + ' (' + one.before + ' → ' + one.target + ')', why: one.reason };
    });
    const trigger = { start: 'at the start', loss: 'after a loss', interval: '' }[plan.trigger] ?? plan.trigger;
    return {
      at: clock(plan.at),
      head: [i === 0 ? 'last plan' : '', trigger, changes.length ? '' : 'nothing to hold'].filter(Boolean).join(', '),
      changes,
      functions: (plan.functions ? 'Functions may be used: ' : 'Functions are not used: ') + plan.functionsReason,
    };
  });
  children(list, lines.length || 1, () => document.createElement('li')).forEach((item, i) => {
    const line = lines[i];
    const texts = line ? [['time', line.at], ['b', line.head], ...line.changes.flatMap((one) => [['p', one.what], ['p.why', one.why]]), ['p.why', line.functions]] : [['p', 'no plan has been made yet']];
    children(item, texts.length, () => document.createElement('span'));
    texts.forEach(([kind, text], t) => {
      const [tag, name = ''] = kind.split('.');
      let node = item.children[t];
      if (node.localName !== tag) {
        const other = document.createElement(tag);
        node.replaceWith(other);
        node = other;
      }
      setClass(node, name);
      setText(node, text);
    });
  });
}

function decisions(state) {
  if (page('hold').checked) return;
  const why = (one) => [one.selection && 'variant: ' + one.selection.words, one.dispatch && one.dispatch.words].filter(Boolean).join('; ');
  fillTable('decisions', [left('Time'), left('Class'), left('Variant'), left('Sent to'), left('Why')],
    state.decisions.map((one) => [
      left(clock(one.at)),
      left(one.ofClass),
      left(one.variant ?? NONE),
      { text: one.to, kind: one.to === 'refused' ? 'text bad' : 'text' },
      words(why(one)),
    ]), 'no request has arrived yet');
}

function failures(state) {
  page('failures').hidden = state.failures.length === 0;
  fillTable('failures', [left('Time'), left('Model'), left('Class'), 'Status', left('Cause')],
    state.failures.map((one) => [left(clock(one.at)), left(one.model), left(one.ofClass), String(one.status), words(one.cause)]), '');
}

function show() {
  if (!latest) return;
  const { about } = latest;
  setText(page('application'), about.application);
  setText(page('about'), 'Workload ' + about.workload + ', stack ' + about.stack + ', price book ' + about.priceBook + '. Up for ' + duration((latest.now - about.startedAt) / 1000) + '.');
  figures(latest);
  classes(latest);
  drawLoad();
  drawLatency(latest);
  fleet(latest);
  variants(latest);
  cost(latest);
  plans(latest);
  decisions(latest);
  failures(latest);
}

function status() {
  const pill = page('status');
  const text = lostSince ? 'connection lost' : latest ? latest.status : 'connecting';
  setText(pill, text);
  setClass(pill, 'pill ' + (lostSince ? 'lost' : text));
  const banner = page('lost');
  const lost = lostSince !== null;
  if (banner.hidden === lost) banner.hidden = !lost;
  setText(banner, lost ? 'The connection to the server is lost. ' + (latest ? 'What you see is from ' + clock(latest.now) + '. ' : '') + 'Trying again every second.' : '');
  document.body.classList.toggle('stale', lost && latest !== null);
}

// ------------------------------------------------------------------ the loop

async function ask() {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), PATIENCE_MS);
  try {
    const answer = await fetch('api/state?since=' + kept.last, { signal: abort.signal, cache: 'no-store' });
    if (!answer.ok) throw new Error('status ' + answer.status);
    const state = await answer.json();
    if (kept.startedAt !== null && state.about.startedAt !== kept.startedAt) {
      // another server: ask it for all of its seconds
      forget(state.about.startedAt);
      return ask();
    }
    kept.startedAt = state.about.startedAt;
    take(state);
    lostSince = null;
  } catch (problem) {
    lostSince ??= Date.now();
  } finally {
    clearTimeout(timer);
  }
  return undefined;
}

async function loop() {
  await ask();
  try {
    status();
    show();
  } finally {
    setTimeout(loop, EVERY_MS);
  }
}

function setTheme(name) {
  root.dataset.theme = name;
  setText(page('theme'), name === 'dark' ? 'Light' : 'Dark');
  page('theme').setAttribute('aria-label', 'Switch to the ' + (name === 'dark' ? 'light' : 'dark') + ' theme');
  show();
}

setTheme(root.dataset.theme);
page('theme').addEventListener('click', () => setTheme(root.dataset.theme === 'dark' ? 'light' : 'dark'));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => setTheme(event.matches ? 'dark' : 'light'));
page('latency-class').addEventListener('change', (event) => {
  shownClass = event.target.value;
  show();
});
new ResizeObserver(() => {
  for (const drawn of charts.values()) drawn.resize();
}).observe(document.querySelector('main'));
loop();
