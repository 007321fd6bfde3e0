/* The chosen point as Hydra overrides of the command that made the variant. */

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const SAYABLE_KEY = /^(?=.*[A-Za-z_])[A-Za-z0-9_/+.%*@?| \\()[\]{}:=,-]+$/;

/** The overrides that lead from the command's filter to these rules (all of them, those in use or removed too). */
function overridesOf(rules) {
  const changed = rules.filter((rule) => rule.isChanged && SAYABLE_KEY.test(rule.key));
  return changed.flatMap((rule) => (rule.own ? changes(rule) : additions(rule)));
}

/** The keys that Hydra's grammar has no way to write. */
function unsayable(rules) {
  const changed = rules.filter((rule) => rule.isChanged).map((rule) => rule.key);
  return [...changed, ...(data.ablation?.rules ?? [])].filter((key) => !SAYABLE_KEY.test(key));
}

function additions(rule) {
  const entries = [];
  if (rule.key !== rule.signal.name) entries.push(["signal", rule.signal.name]);
  for (const side of ["min", "max"]) if (rule[side] !== null) entries.push([side, boundText(rule[side])]);
  for (const entry of ["on_missing", "on_failed"]) if (rule[entry] !== "drop") entries.push([entry, rule[entry]]);
  if (PLAIN_KEY.test(rule.key)) return entries.map(([name, value]) => `+filter.rules.${rule.key}.${name}=${value}`);
  return [`+filter.rules=${dictionary(rule.key, entries)}`];
}

function changes(rule) {
  const plain = PLAIN_KEY.test(rule.key);
  if (!rule.isActive) return [removal(rule.key)];
  const entries = [], before = rule.before;
  for (const side of ["min", "max"]) {
    if (rule[side] !== before[side]) entries.push([side, boundText(rule[side]) || "null"]);
  }
  for (const entry of ["on_missing", "on_failed"]) {
    if (rule[entry] !== rule.own[entry]) entries.push([entry, rule[entry]]);
  }
  if (!plain) return [`+filter.rules=${dictionary(rule.key, entries)}`];
  return entries.map(([name, value]) => {
    return `${rule.own.entries.includes(name) ? "" : "+"}filter.rules.${rule.key}.${name}=${value}`;
  });
}

function removal(key) {
  return PLAIN_KEY.test(key) ? `filter.rules.${key}=null` : `+filter.rules=${dictionary(key, null)}`;
}

/** What the command's `ablation` has done, by the filter's own entries: itself it would take away additions too. After a
change the name of the ablation would say what no longer holds. */
function unablated(isChanged) {
  if (!data.ablation) return [];
  const {name, rules, drops_steps} = data.ablation;
  const said = /^[A-Za-z_][\w.-]*$/.test(name) ? name : `'${name?.replaceAll("'", "\\'")}'`;
  return ["ablation=null", ...(name && !isChanged ? [`filter.name=${said}`] : []), ...(drops_steps ? ["filter.select=[]"] : []),
    ...rules.filter((key) => SAYABLE_KEY.test(key)).map(removal)];
}

/** A name that is no identifier can be a key of a dictionary only. */
function dictionary(key, entries) {
  const escaped = key.replace(/[\\()[\]{}:=, \t]/g, "\\$&");
  const body = entries === null ? "null" : `{${entries.map(([name, value]) => `${name}: ${value}`).join(", ")}}`;
  return `{${escaped}: ${body}}`;
}

const entryOf = (override) => /^[+~]*([^=]*)/.exec(override)[1];

/** Whether one of two entries holds the other. */
const areRelated = (one, other) => `${one}.`.startsWith(`${other}.`) || `${other}.`.startsWith(`${one}.`);

/** The command's own overrides with these: one of the same entry takes the place of the earlier, unless others that
have come since would undo it or be undone. */
function merged(before, added) {
  const all = [...before];
  for (const override of added) {
    const [, entry, value] = /^\+*([^=]*)=(.*)$/s.exec(override);
    const old = all.findLastIndex((before) => areRelated(entryOf(before), entry));
    const isSame = old >= 0 && entryOf(all[old]) === entry && !all[old].startsWith("~") && !value.startsWith("{");
    if (isSame) all[old] = `${/^\+*/.exec(all[old])[0]}${entry}=${value}`; else all.push(override);
  }
  return all;
}

/** One word of a POSIX shell. */
function quoted(word) {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\"'\"'")}'`;
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {  // no permission, or a browser that has no clipboard for files on disk
    const field = element("textarea", {value: text});
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  const before = button.dataset.label ??= button.textContent;
  button.textContent = "Copied";
  clearTimeout(button.timer);
  button.timer = setTimeout(() => { button.textContent = before; }, 1500);
}

class Overrides {
  constructor() {
    byId("copy").onclick = () => copy(this.text, byId("copy"));
    byId("copy-bar").onclick = () => copy(this.text, byId("copy-bar"));
    byId("copy-line").onclick = () => copy(this.line, byId("copy-line"));
  }

  /** `rules` in the filter's order, those that were added last. */
  show(rules) {
    const words = overridesOf(rules), lost = unsayable(rules), undone = unablated(words.length > 0);
    this.text = (words.length ? merged(undone, words) : []).map(quoted).join(" ");
    this.line = ["python curate.py", ...merged(merged(data.overrides, undone), words).map(quoted)].join(" ");
    byId("overrides").value = this.text;
    byId("overrides").placeholder = "Nothing changed yet";
    byId("line").value = this.line;
    byId("changes").textContent = lost.length
      ? `Hydra's command line cannot write ${lost.join(", ")}; put that rule into a file.`
      : words.length ? `${words.length} change${words.length > 1 ? "s" : ""} to ${data.filter}` : `${data.filter} as it is`;
    byId("bar-text").textContent = byId("changes").textContent;
    byId("copy").disabled = byId("copy-bar").disabled = !words.length;
  }
}
