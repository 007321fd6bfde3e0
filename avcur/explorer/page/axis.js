/* The thresholds of a signal, and where they and the values lie on a slider.

A code is twice the number of thresholds below a value, and one more where it equals one. Between N thresholds lie
N + 1 intervals; the slider has a slot for each and one more, so that a minimum stands at the left edge of the interval
that begins with it, and a maximum at the right edge of that interval (it keeps the values that equal it). */

const FAILED = 0xffff, NOT_APPLICABLE = 0xfffe;

class Axis {
  constructor(signal) {
    this.signal = signal;
  }

  get thresholds() {
    return this.known ??= array(this.signal.thresholds, Float64Array);
  }

  /** How many thresholds are below a value; where it is one of them, its number. */
  place(value) {
    let low = 0, high = this.thresholds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.thresholds[middle] < value) low = middle + 1; else high = middle;
    }
    return low;
  }

  isThreshold(value) {
    return this.thresholds[this.place(value)] === value;
  }

  /** The last position of a slider: for a maximum, no maximum. */
  get end() {
    return this.thresholds.length + 2;
  }

  /** Where a bound (null: open) stands; one between thresholds, where none of the values between them is cut off. */
  position(side, bound) {
    if (bound === null) return side === "min" ? 0 : this.end;
    return this.place(bound) + (side === "max" && this.isThreshold(bound) ? 2 : 1);
  }

  /** The threshold at a slider's position; null where the side is open. */
  threshold(side, position) {
    const number = position - (side === "min" ? 1 : 2), last = this.thresholds.length - 1;
    if (last < 0) return null;
    if (side === "min") return number < 0 ? null : this.thresholds[Math.min(number, last)];
    return number > last ? null : this.thresholds[Math.max(number, 0)];
  }

  /** The lowest code that a minimum keeps. Between thresholds it must lie where no value does (see `exact`), and
  beyond the last only infinite ones do. */
  least(min) {
    const place = this.place(min);
    return 2 * place + (place < this.thresholds.length);
  }

  /** The highest code that a maximum keeps. */
  greatest(max) {
    const place = this.place(max);
    return 2 * place + (this.isThreshold(max) ? 1 : place < this.thresholds.length ? 0 : -1);
  }

  /** The value itself where these codes say what it makes of each clip, else the threshold nearest to it. */
  exact(value, codes) {
    const all = this.thresholds, place = this.place(value), isInside = place > 0 && place < all.length;
    if (all[place] === value || !isInside || !codes.includes(2 * place)) return value;
    return value - all[place - 1] <= all[place] - value ? all[place - 1] : all[place];
  }

  /** The signal's own least and greatest value as a person reads them. */
  get range() {
    const {ends, log} = this.signal;
    if (!ends) return "no values";
    if (ends[0] === ends[1]) return `all values are ${shortest(ends[0])}`;
    return `values ${shortest(ends[0])} … ${shortest(ends[1])}${log ? ", log" : ""}`;
  }
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** What a person has typed, null where it is no number; "1,000" may be a thousand or one, and is neither. */
function typedNumber(text) {
  const plain = /^[^,]*,\d{3}$/.test(text) ? text : text.replace(",", ".");
  const value = NUMBER.test(plain.replace("\u2212", "-")) ? Number(plain.replace("\u2212", "-")) : NaN;
  return Number.isFinite(value) ? value + 0 : null;
}

/** A bound as a person reads it. */
const boundText = (bound) => (bound === null ? "" : shortest(bound));

/** The shortest digits that read back as the same double, in Python too. */
function shortest(value) {
  if (value === Infinity) return "inf";
  if (value === -Infinity) return "-inf";
  const text = String(value);
  // Python would read digits alone as an integer of any size, which need not be this double.
  return Number.isInteger(value) && Math.abs(value) >= 2 ** 53 && !text.includes("e") ? value.toExponential() : text;
}
