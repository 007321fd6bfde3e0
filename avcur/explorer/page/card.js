/* One signal's card: histogram, two sliders, two numbers, and what becomes of clips without a value. */

class Card {
  /** `moved` is called with the rule after each change. */
  constructor(rule, moved) {
    this.rule = rule;
    this.moved = () => moved(rule);
    this.inView = false;
    this.canvas = element("canvas", {role: "img", "aria-label": `Histogram of ${rule.signal.name}, kept and rejected`});
    this.histogram = new Histogram(this.canvas, rule);
    this.sliders = {min: this.#slider("min"), max: this.#slider("max")};
    this.numbers = {min: this.#number("min"), max: this.#number("max")};
    this.chip = element("span", {className: "chip"});
    this.count = element("span", {className: "count", title: "Clips that this rule is the first to reject"});
    this.back = element("button", {type: "button", className: "quiet", textContent: "Reset",
      title: `Reset ${rule.key}`, onclick: () => this.#reset()});
    this.said = element("p", {className: "said", role: "status"});
    this.lack = element("p", {className: "lack"});
    this.element = this.#build();
    this.canvas.addEventListener("pointerdown", (event) => this.#grab(event));
  }

  #build() {
    const {rule} = this, {signal} = rule;
    const title = element("h2", {}, element("code", {textContent: rule.key}));
    if (rule.key !== signal.name) title.append(element("small", {textContent: ` on ${signal.name}`}));
    const narrowed = [...(rule.own?.labels ?? []), ...(rule.own?.kinds ?? [])];
    const only = narrowed.length ? element("p", {className: "only", textContent: `judges ${narrowed.join(", ")} only`}) : "";
    const card = element("article", {className: "card", tabIndex: -1},
      element("div", {className: "top"}, title, this.chip, this.count, this.back), only,
      element("div", {className: "plot"}, this.canvas,
        element("div", {className: "sliders"}, this.sliders.min, this.sliders.max)),
      element("p", {className: "range", textContent: rule.axis.range}),
      element("div", {className: "numbers"}, element("label", {}, "min ", this.numbers.min),
        element("label", {}, "max ", this.numbers.max)), this.said,
      this.lack);
    card.dataset.rule = rule.key;
    return card;
  }

  #slider(side) {
    const slider = element("input", {type: "range", className: side, min: 0, step: 1});
    slider.setAttribute("aria-label", `${this.rule.key} ${side === "min" ? "minimum" : "maximum"}`);
    slider.addEventListener("input", () => this.#set(side, this.rule.axis.threshold(side, Number(slider.value))));
    return slider;
  }

  #number(side) {
    const field = element("input", {type: "text", inputMode: "decimal", placeholder: "none", autocomplete: "off"});
    field.setAttribute("aria-label", `${this.rule.key} ${side === "min" ? "minimum" : "maximum"}, number`);
    field.addEventListener("change", () => this.#typed(side, field.value.trim()));
    return field;
  }

  /** A number is kept as it was typed where the page can judge by it; what is none stays to be mended. */
  #typed(side, text) {
    const {axis, codes} = this.rule, value = typedNumber(text);
    if (text === "" || value !== null) {
      const bound = text === "" ? null : axis.exact(value, codes);
      this.#set(side, bound);
      if (bound !== value) this.said.textContent = `${text} lies between two steps and among values: the nearest step is taken`;
      return;
    }
    this.numbers[side].setAttribute("aria-invalid", "true");
    this.said.textContent = `${side}: “${text}” is no number (1000 or 0.5, say); the rule stays as it was`;
  }

  #set(side, bound) {
    this.rule.move(side, bound);
    this.moved();
  }

  #reset() {
    this.rule.reset();
    this.moved();
  }

  /** The histogram itself is a handle: the nearer bound follows the pointer. */
  #grab(event) {
    const {axis} = this.rule;
    const at = (x) => Math.round((x - this.canvas.getBoundingClientRect().left) / this.canvas.clientWidth * axis.end);
    const distance = (side) => Math.abs(Number(this.sliders[side].value) - at(event.clientX));
    const side = distance("min") <= distance("max") ? "min" : "max";
    const follow = (moved) => {
      this.#set(side, axis.threshold(side, Math.min(axis.end, Math.max(0, at(moved.clientX)))));
    };
    follow(event);
    if (event.pointerType === "touch") return;  // a finger on a histogram mostly scrolls
    this.canvas.setPointerCapture(event.pointerId);
    this.canvas.addEventListener("pointermove", follow);
    const drop = () => this.canvas.removeEventListener("pointermove", follow);
    this.canvas.addEventListener("pointerup", drop, {once: true});
    this.canvas.addEventListener("pointercancel", drop, {once: true});
  }

  /** Put everything but the histogram where the rule is now. */
  show() {
    const {rule} = this, {axis} = rule;
    for (const side of ["min", "max"]) {
      const slider = this.sliders[side];
      slider.max = axis.end;
      slider.value = axis.position(side, rule[side]);
      slider.disabled = this.numbers[side].disabled = !axis.thresholds.length;
      slider.setAttribute("aria-valuetext", boundText(rule[side]) || "none");
      this.numbers[side].value = boundText(rule[side]);
      this.numbers[side].removeAttribute("aria-invalid");
    }
    this.said.textContent = "";
    // Where both thumbs are at the right end, the left one must stay on top.
    this.sliders.min.classList.toggle("above", Number(this.sliders.min.value) > axis.end / 2);
    this.element.classList.toggle("active", rule.isActive);
    this.chip.textContent = rule.isChanged ? (rule.isActive ? (rule.own ? "changed" : "new") : "removed") : "rule";
    this.chip.hidden = !rule.isActive && !rule.isChanged;
    this.chip.classList.toggle("changed", rule.isChanged);
    this.back.hidden = !rule.isChanged;
    this.#showLacking();
  }

  #showLacking() {
    if (!this.inView) return;
    const {failed, missing, skipped} = this.rule.lacking;
    this.choices ??= {on_missing: this.#choice("on_missing"), on_failed: this.#choice("on_failed")};
    if (!this.lack.childNodes.length) {
      this.lack.append(this.#lacks(missing, "not applicable", "on_missing"), this.#lacks(failed, "failed", "on_failed"));
      if (skipped) this.lack.append(element("span", {textContent: `${number(skipped)} not judged`}));
    }
    for (const [entry, choice] of Object.entries(this.choices)) choice.value = this.rule[entry];
  }

  #lacks(count, state, entry) {
    if (!count) return element("span", {textContent: `0 ${state}`});
    return element("span", {}, `${number(count)} ${state}: `, this.choices[entry]);
  }

  #choice(entry) {
    const names = this.rule.own?.[entry] === "error" ? ["drop", "keep", "error"] : ["drop", "keep"];
    const choice = element("select", {}, ...names.map((name) => element("option", {value: name, textContent: name})));
    choice.setAttribute("aria-label", `${this.rule.key} ${entry}`);
    choice.addEventListener("change", () => {
      this.rule[entry] = choice.value;
      this.moved();
    });
    return choice;
  }

  /** Of a rule in use: how many clips it is the first to reject. */
  showRejected(clips) {
    this.count.textContent = clips === null ? "" : clips ? `−${number(clips)}` : "rejects none";
  }

  draw(first) {
    if (!this.inView || this.element.hidden) return;
    this.#showLacking();
    this.histogram.draw(first);
  }
}
