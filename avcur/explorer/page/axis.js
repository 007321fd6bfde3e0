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

  /** The last position of a slider: for a maximum, no maximum. */
  get end() {
    return this.thresholds.length + 2;
  }

  /** Where a bound stands: `threshold` is its number, null where the side is open. */
  position(side, threshold) {
    if (threshold === null) return side === "min" ? 0 : this.end;
    return threshold + (side === "min" ? 1 : 2);
  }

  /** The number of the threshold at a slider's position; null where the side is open. */
  threshold(side, position) {
    const number = position - (side === "min" ? 1 : 2);
    if (!this.thresholds.length) return null;
    if (side === "min") return number < 0 ? null : Math.min(number, this.thresholds.length - 1);
    return number >= this.thresholds.length ? null : Math.max(number, 0);
  }

  /** The number of the threshold nearest to a value. */
  nearest(value) {
    const all = this.thresholds;
    let low = 0, high = all.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (all[middle] < value) low = middle + 1; else high = middle;
    }
    return low > 0 && value - all[low - 1] <= all[low] - value ? low - 1 : low;
  }

  /** A threshold's number as a person reads it. */
  text(number) {
    return number === null ? "" : shortest(this.thresholds[number]);
  }
}

/** The shortest digits that read back as the same double, in Python too. */
function shortest(value) {
  if (value === Infinity) return "inf";
  if (value === -Infinity) return "-inf";
  const text = String(value);
  // Python would read digits alone as an integer of any size, which need not be this double.
  return Number.isInteger(value) && Math.abs(value) >= 2 ** 53 && !text.includes("e") ? value.toExponential() : text;
}
