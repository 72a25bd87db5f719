// Tables. All text goes in as text, never as markup.

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** A box in which a wide table scrolls by itself. */
function scrolling(label, table) {
  return element('div', { class: 'scroll', role: 'region', 'aria-label': label, tabindex: '0' }, table);
}

function plainTable(label, { head, rows }) {
  return scrolling(label, element('table', {},
    element('thead', {}, element('tr', {}, ...head.map((name) => element('th', { scope: 'col' }, name)))),
    element('tbody', {}, ...rows.map((row) => element('tr', {}, ...row.map((cell, i) => (i === 0 ? element('th', { scope: 'row' }, cell) : element('td', {}, cell))))))));
}

/** The summary's columns: what to show, how, and which way is better (-1 for less, 1 for more, 0 for neither). */
const COLUMNS = [
  { name: 'Cost', of: (one) => one.cost, show: format.usd, spread: format.usdSpread, better: -1 },
  { name: 'Regret', of: (one) => one.regret, show: format.regret, spread: format.percentSpread, better: -1 },
  { name: 'Violations', of: (one) => one.violations, show: format.percent, spread: format.percentSpread, better: -1 },
  { name: 'p99 latency', of: (one) => one.p99, show: format.ms, better: -1 },
  { name: 'VM hours', of: (one) => one.vmHours, show: format.hours, better: 0 },
  { name: 'Peak VMs', of: (one) => one.peakInstances, show: format.count, better: 0 },
  { name: 'On functions', of: (one) => one.functionShare, show: format.percent, spread: format.percentSpread, better: 0 },
  { name: 'Cold starts', of: (one) => one.coldStarts, show: format.count, better: -1 },
  { name: 'Accuracy', of: (one) => one.accuracy, show: format.percent, spread: format.percentSpread, better: 1 },
];

/** The best mean of a column as it is shown, for what looks the same is equally good; none where all are the same. */
function bestOf(column, entries) {
  const means = entries.map((one) => column.of(one).mean).filter((mean) => mean !== null);
  if (column.better === 0 || new Set(means.map(column.show)).size < 2) return null;
  return column.show(column.better < 0 ? Math.min(...means) : Math.max(...means));
}

function summaryTable({ trace, entries, bounds }) {
  const best = COLUMNS.map((column) => bestOf(column, entries));
  const row = (one) => element('tr', one.bound ? { class: 'bound' } : {},
    element('th', { scope: 'row', class: 'name', title: one.stack }, one.stack, ...(one.bound ? [' (bound)'] : [])),
    ...COLUMNS.map((column, c) => {
      const { mean, deviation } = column.of(one);
      const shown = column.show(mean);
      const cell = element('td', {}, shown === best[c] && !one.bound
        ? element('span', { class: 'best' }, shown, element('span', { class: 'sr' }, ' (best)'))
        : shown);
      if (deviation !== null) cell.append(element('span', { class: 'spread' }, '± ' + (column.spread || column.show)(deviation)));
      return cell;
    }));
  const body = element('tbody', {});
  const heads = ['Stack', ...COLUMNS.map((column) => column.name)].map((name, c) => {
    const head = element('th', { scope: 'col' }, element('button', { type: 'button' }, name));
    head.firstChild.addEventListener('click', () => sort(c, head.getAttribute('aria-sort') === 'ascending' ? 'descending' : 'ascending'));
    return head;
  });
  function sort(c, direction) {
    const sign = direction === 'ascending' ? 1 : -1;
    const key = c === 0 ? (one) => one.stack : (one) => COLUMNS[c - 1].of(one).mean;
    const sorted = [...entries].sort((a, b) => {
      const x = key(a), y = key(b);
      if (x === null || y === null) return (x === null) - (y === null);
      return sign * (x < y ? -1 : x > y ? 1 : 0);
    });
    heads.forEach((head, h) => (h === c ? head.setAttribute('aria-sort', direction) : head.removeAttribute('aria-sort')));
    body.replaceChildren(...bounds.map(row), ...sorted.map(row));
  }
  sort(1, 'ascending');
  return scrolling('Summary of ' + trace, element('table', {}, element('caption', {}, trace), element('thead', {}, element('tr', {}, ...heads)), body));
}
