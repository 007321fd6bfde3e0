"""The page's standing text: how to read it, and what the numbers are."""

HOW_TO_READ = (
    "<b>The question.</b> A filter keeps some clips. Is a model trained on them better than one trained on "
    "<i>random</i> clips, as many and as long? That difference is the effect of curation. A comparison with the "
    "whole pool (raw) mixes it with the loss of data.",
    "<b>The interval</b> (95 %) covers three sorts of chance: the seed of training, which clips a random set of that "
    "size happens to hold, and which speakers, scenes or recordings happen to be in the test. If it includes "
    "zero, the study cannot tell the effect from none. It errs wide: of simulated studies without any effect, 0 to 3 % "
    "had an interval that left out zero.",
    "<b>The grey band</b> is the minimum detectable effect: a true effect at its edge would be found in 8 of 10 such "
    "studies. A point inside the band with an interval over zero is not evidence of no effect.",
    "<b>p (Holm)</b> is corrected for all tests of the study on its primary budget; at most 0.05 counts as told from "
    "zero. In brackets: not corrected, for reading only.",
    "<b>The oracle</b> removes just the clips with planted defects: what perfect curation would be worth. "
    "<b>Share recovered</b> is (curated − raw) / (oracle − raw), shown only if the oracle's gain over raw is itself "
    "told from zero.",
)

DEFINITIONS = (
    (
        "effect against control",
        "Mean score of the arm's runs minus the mean of K random controls, matched in count, duration and observed "
        "label; draw k trains with seed k. Variance: s²(controls) / K + the larger of s²(controls) and "
        "s²(arm), since the curated set is one of the sets "
        "of its size, plus the variance of the difference over resampled test groups (the same groups for all "
        "arms, the metric recomputed each time, times G/(G−1)). Student's t with K − 1 degrees of freedom; "
        "fewer than 5 controls are marked as indicative.",
    ),
    (
        "effect against raw",
        "The same with the raw runs in the controls' place. They share one set of clips, so that the choice of "
        "clips is left out: it speaks about these two sets under new seeds and new test groups.",
    ),
    (
        "minimum detectable effect (MDE)",
        "The true effect that a two-sided test at 0.05 finds with 80 % power, given this standard error and these "
        "degrees of freedom.",
    ),
    ("interval of the share", "Fieller's, with the covariance that the shared raw runs and test groups give."),
    ("test, test_clean", "All test clips; those without a planted defect."),
)
