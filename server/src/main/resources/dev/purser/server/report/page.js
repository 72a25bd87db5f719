// Puts the page together, and draws again when the trace, the stack, the theme or the width changes.

const page = (id) => document.getElementById(id);
const state = { trace: traces[0], stack: null, logarithmic: null, light: false };
const charts = new Map();

/** Draws one section's chart, or hides the section where there is nothing to draw. */
function draw(id, make) {
  const section = page(id);
  section.hidden = false;
  const box = section.querySelector('.chart');
  const width = printing ? PRINT_WIDTH : box.clientWidth;
  const made = make(width);
  section.hidden = !made;
  if (!made) return null;
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
  return made;
}

const PRINT_WIDTH = 680;

function seedsNote(view) {
  return view.seeds > 1 ? ' Means over ' + view.seeds + ' seeds' : '';
}

function redraw() {
  const view = byTrace.get(state.trace);
  if (!view) {
    document.querySelectorAll('main section:not(#settings)').forEach((section) => (section.hidden = true));
    return;
  }
  const ratios = view.entries.map((one) => one.violations.mean).filter((ratio) => ratio > 0);
  const box = page('frontier-log');
  box.disabled = ratios.length === 0;
  box.checked = ratios.length > 0 && (state.logarithmic ?? Math.max(...ratios) / Math.min(...ratios) > 10);
  page('frontier-note').textContent = 'Down and to the left is better.'
    + (view.entries.length > 1 ? ' No stack on the dashed line is beaten by another in both cost and violations.' : '')
    + (view.seeds > 1 ? ' Large marks are means over ' + view.seeds + ' seeds, small ones single seeds.' : '')
    + (view.bounds.length ? ' The vertical line is a bound: what a plan that knows all arrivals would pay.' : '');
  draw('frontier', (width) => (view.entries.length ? frontierChart(view, width, box.checked) : null));

  const withSeries = view.entries.filter(runWithSeries);
  if (!withSeries.some((one) => one.stack === state.stack)) state.stack = withSeries[0]?.stack ?? null;
  page('load-stack').replaceChildren(...withSeries.map((one) => {
    const option = element('option', { value: one.stack }, one.stack);
    option.selected = one.stack === state.stack;
    return option;
  }));
  const shown = withSeries.find((one) => one.stack === state.stack);
  const load = draw('load', (width) => (shown ? loadChart(runWithSeries(shown), width) : null));
  page('shown').textContent = 'The charts show the trace ' + state.trace + '.' + (load ? ' Load and fleet over time are those of the stack ' + state.stack + ', seed ' + runWithSeries(shown).seed + '.' : '');
  if (load) titles(page('load').querySelector('.chart'), load.titles);

  draw('resources', (width) => (view.entries.length ? resourcesChart(view, width) : null));
  draw('variants', (width) => (view.entries.some((one) => one.runs.some((run) => run.variants.length > 1)) ? variantsChart(view, width) : null));
  const latency = draw('latency', (width) => latencyChart(view, width));
  page('latency-note').textContent = 'A line that falls further left is better: for each latency, the share of the answers that took longer.'
    + ' Refused and failed requests have no latency and are not counted.'
    + (latency && latency.slos.length ? ' Promises: ' + latency.slos.map((slo) => format.ms(slo.ms) + ' (' + (slo.classes.length > 2 ? slo.classes.length + ' classes' : slo.classes.join(', ')) + ')').join('; ') + '.' : '');
  page('bill-note').textContent = 'The bill by line.' + (view.seeds > 1 ? seedsNote(view) + '.' : '');
  draw('bill', (width) => (view.entries.length ? billChart(view, width) : null));
  page('regret-note').textContent = 'How far each stack’s cost is above the bound’s; less is better, as long as the promises are kept.'
    + (view.seeds > 1 ? seedsNote(view) + '; dots are single seeds.' : '');
  draw('regret', (width) => regretChart(view, width));
  for (const table of page('summary-tables').children) table.hidden = table.dataset.trace !== state.trace;
}

/** The names of charts that share one drawing, as text above each. */
function titles(box, names) {
  box.style.position = 'relative';
  box.querySelectorAll('.grid-title').forEach((old) => old.remove());
  for (const { text, top } of names) {
    const title = element('div', { class: 'grid-title', 'aria-hidden': 'true' }, text);
    title.style.cssText = 'position:absolute;left:0;top:' + top + 'px';
    box.append(title);
  }
}

function traceChoices() {
  const form = page('traces');
  form.hidden = traces.length < 2;
  for (const trace of traces) {
    const input = element('input', { type: 'radio', name: 'trace', title: trace });
    input.checked = trace === state.trace;
    input.addEventListener('change', () => {
      state.trace = trace;
      redraw();
    });
    form.firstElementChild.append(element('label', {}, input, element('span', {}, trace)));
  }
}

for (const view of byTrace.values()) {
  const table = summaryTable(view);
  table.dataset.trace = view.trace;
  page('summary-tables').append(table);
}
const anySeeds = Math.max(0, ...[...byTrace.values()].map((view) => view.seeds));
page('summary-note').textContent = 'Violations are requests refused, failed or answered late. Best values are marked; a click on a heading sorts.'
  + (anySeeds > 1 ? ' Means over the seeds; ± is the standard deviation.' : '');
page('settings').hidden = page('settings').querySelector('tbody').rows.length === 0;
traceChoices();
page('load-stack').addEventListener('change', (event) => {
  state.stack = event.target.value;
  redraw();
});
page('frontier-log').addEventListener('change', (event) => {
  state.logarithmic = event.target.checked;
  redraw();
});

keepDrawn(redraw);
