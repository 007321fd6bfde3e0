/* Elements and numbers as text. Text is set as text, so that no name becomes markup. */

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value; else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

const byId = (id) => document.getElementById(id);

const grouped = new Intl.NumberFormat("en-US");

/** A count with its thousands set off. */
const number = (value) => grouped.format(value);

function hours(value) {
  if (value >= 100) return `${number(Math.round(value))} h`;
  return value >= 1 ? `${value.toFixed(1)} h` : `${(60 * value).toFixed(1)} min`;
}

function percent(part, whole) {
  if (!whole) return "0 %";
  const share = 100 * part / whole;
  return `${share >= 99.95 || share < 0.05 ? Math.round(share) : share.toFixed(1)} %`;
}
