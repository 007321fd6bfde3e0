/* What is kept, in numbers at the top and as bars beside: the funnel, and the classes. */

const MOST_CLASSES = 24;

class Summary {
  /** `find` is called with the rule whose line of the funnel is chosen. */
  constructor(verdicts, find) {
    this.verdicts = verdicts;
    this.find = find;
    const {clips} = data;
    byId("subject").append(element("b", {textContent: data.filter}), data.task ? ` for ${data.task}` : "");
    byId("speakers-figure").hidden = !clips.speakers;
    byId("classes-figure").hidden = byId("of-classes").hidden = !clips.classes.length;
    byId("about").textContent = this.#about();
    byId("steps").textContent = data.steps.length
      ? `Then select: ${data.steps.join(", ")}. Such steps come after the rules and are not simulated here.` : "";
    this.#listClasses();
  }

  #about() {
    const {count} = data.clips;
    const part = count < data.all
      ? `A random ${number(count)} (seed ${data.seed}) of the ${number(data.all)} training clips: 1 in ${(data.all / count).toPrecision(3)}. ` : "";
    return `${part}Blue is kept by all rules, orange rejected by any; heights go by the square root of the count. `
      + "Sliders go in about a thousand round steps; a number is kept as typed where no value lies beside it between two steps, "
      + "else it becomes the nearest step. Only training clips are filtered.";
  }

  #listClasses() {
    const {allOf} = this.verdicts;
    const order = [...allOf.keys()].slice(1).sort((a, b) => allOf[b] - allOf[a]).slice(0, MOST_CLASSES);
    this.rows = order.map((number_) => {
      const fill = element("i"), text = element("span", {className: "n"});
      byId("class-list").append(element("li", {},
        element("span", {className: "name", textContent: data.clips.classes[number_ - 1],
          title: data.clips.classes[number_ - 1]}), element("span", {className: "track"}, fill), text));
      return {number: number_, fill, text};
    });
    const more = allOf.length - 1 - order.length;
    if (more > 0) byId("class-list").append(element("li", {className: "more", textContent: `and ${number(more)} more`}));
  }

  show() {
    const {verdicts} = this, {kept} = verdicts, {count} = data.clips;
    byId("kept").textContent = number(kept);
    byId("kept").dataset.kept = kept;
    byId("kept-of").textContent = `of ${number(count)} clips, ${percent(kept, count)}`;
    byId("hours").textContent = hours(verdicts.hours);
    byId("hours-of").textContent = `of ${hours(verdicts.allHours)}`;
    byId("speakers").textContent = number(verdicts.speakers);
    byId("speakers-of").textContent = `of ${number(data.clips.speakers)} speakers`;
    byId("classes").textContent = number(verdicts.classes);
    byId("classes-of").textContent = `of ${number(data.clips.classes.length)} classes`;
    byId("classes-figure").classList.toggle("short", verdicts.classes < data.clips.classes.length);
    byId("share").style.width = `${100 * kept / (count || 1)}%`;
    this.#showFunnel();
    this.#showClasses();
  }

  #showFunnel() {
    const {count} = data.clips;
    const steps = [{text: "all", clips: count, left: count, kind: "all"}];
    let left = count;
    for (const [text, clips, rule] of this.verdicts.reasons()) {
      left -= clips;
      steps.push({text, clips, left, kind: "out", rule});
    }
    steps.push({text: "kept", clips: left, left, kind: "kept"});
    if (steps.length !== this.lines?.length || steps.some((step, i) => step.rule !== this.lines[i].rule)) {
      this.lines = steps.map((step) => this.#line(step));
      byId("funnel").replaceChildren(...this.lines.map((line) => line.row));
    }
    for (const [i, step] of steps.entries()) fillLine(this.lines[i], step);
  }

  /** An empty line of the funnel; the name of a rule's leads to its card. */
  #line({kind, rule}) {
    const line = {rule, number: element("span", {className: "n"}), left: element("i"), lost: element("i", {className: "lost"})};
    line.name = rule
      ? element("button", {type: "button", className: "name link", onclick: () => this.find(rule)})
      : element("span", {className: "name"});
    line.row = element("li", {className: kind}, line.name, line.number,
      element("span", {className: "track"}, line.left, line.lost));
    return line;
  }

  #showClasses() {
    const {keptOf, allOf} = this.verdicts;
    for (const {number: class_, fill, text} of this.rows) {
      fill.style.width = `${100 * keptOf[class_] / allOf[class_]}%`;
      text.textContent = percent(keptOf[class_], allOf[class_]);
      text.title = `${number(keptOf[class_])} of ${number(allOf[class_])}`;
      text.classList.toggle("short", !keptOf[class_]);
    }
  }
}

/** Put a step of the funnel into its line; `left` clips are still there after it. */
function fillLine(line, {text, clips, left, kind}) {
  if (line.row.dataset.reason === text && line.row.dataset.clips === String(clips) && line.was === left) return;
  const share = (value) => `${100 * value / (data.clips.count || 1)}%`;
  Object.assign(line.row.dataset, {reason: text, clips});
  line.was = left;
  line.name.textContent = text;
  line.number.textContent = kind === "out" ? `−${number(clips)}` : number(clips);
  line.left.style.width = share(left);
  line.lost.style.width = kind === "out" ? share(clips) : "0";
}
