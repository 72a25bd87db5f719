// Numbers as people write them. A number that is missing is a dash.

const THIN = '\u202f';
const NONE = '–';

function grouped(value, decimals) {
  return value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

function absent(value) {
  return value === null || value === undefined || !Number.isFinite(value);
}

/** Three significant digits, or all digits before the point. */
function significant(value) {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 100) return grouped(value, 0);
  if (size < 0.001) return value.toExponential(1).replace('e-', '×10⁻').replace(/⁻(\d+)$/, (all, power) => '⁻' + superscript(power));
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

function superscript(digits) {
  return [...digits].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[digit]).join('');
}

const format = {
  count: (value) => (absent(value) ? NONE : grouped(value, Number.isInteger(value) || value >= 100 ? 0 : 1)),
  number: (value) => (absent(value) ? NONE : significant(value)),
  hours: (value) => (absent(value) ? NONE : grouped(value, value === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2)),
  usd: (value) => {
    if (absent(value)) return NONE;
    const size = Math.abs(value);
    return (value < 0 ? '−$' : '$') + grouped(size, size === 0 || size >= 10 ? 2 : size >= 1 ? 3 : size >= 0.01 ? 4 : 6);
  },
  /** Dollars at a tick of an axis: no more digits than needed. */
  usdTick: (value) => '$' + value.toLocaleString('en-US', { maximumSignificantDigits: 6 }),
  percent: (value) => {
    if (absent(value)) return NONE;
    const hundredth = value * 100;
    const size = Math.abs(hundredth);
    return (size === 0 ? '0' : size >= 100.05 ? grouped(hundredth, 0) : size >= 10 ? grouped(hundredth, 1) : size >= 0.1 ? grouped(hundredth, 2) : significant(hundredth)) + THIN + '%';
  },
  percentTick: (value) => Number((value * 100).toPrecision(6)) + THIN + '%',
  regret: (value) => (absent(value) ? NONE : (value > 0 ? '+' : value < 0 ? '−' : '') + format.percent(Math.abs(value))),
  ms: (value) => {
    if (absent(value)) return NONE;
    if (value >= 10000) return grouped(value / 1000, 1) + THIN + 's';
    if (value >= 1000) return grouped(value / 1000, 2) + THIN + 's';
    return (value >= 100 ? grouped(value, 0) : value.toLocaleString('en-US', { maximumSignificantDigits: 3 })) + THIN + 'ms';
  },
  msTick: (value) => (value >= 1000 ? value / 1000 + THIN + 's' : Number(value.toPrecision(3)) + THIN + 'ms'),
  /** Spreads, of which two digits say enough. */
  spread: (value) => Number(value.toPrecision(2)).toLocaleString('en-US', { maximumSignificantDigits: 2 }),
  usdSpread: (value) => '$' + format.spread(value),
  percentSpread: (value) => format.spread(value * 100) + THIN + '%',
  /** A time since the start: 1:05 h, 12:30 min. */
  clock: (seconds) => {
    const whole = Math.round(seconds);
    const two = (value) => String(value).padStart(2, '0');
    const h = Math.floor(whole / 3600), m = Math.floor(whole / 60) % 60, s = whole % 60;
    if (h >= 1) return h + ':' + two(m) + (s ? ':' + two(s) : '') + THIN + 'h';
    return (s ? m + ':' + two(s) : m) + THIN + 'min';
  },
};

function escapeHtml(text) {
  return String(text).replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]);
}
