"""The page's standing text: how to read it, and what the numbers are."""

INTRODUCTIONS = {
    "Curves": "A whisker is the 95 % interval over other runs and other test groups, cut where no score can be; points "
    "at the same place stand a little apart. Point at a dot for its numbers.",
    "Who was removed": "What each filter kept of the training clips of every speaker, class and source column, and its "
    "effect on the test items of that value. These effects are exploratory: they are many, on few items each, and "
    "outside the correction for the study's tests. An interval from fewer than 3 test groups, or wider than the "
    "metric's whole range, is given but not drawn. Warnings name what a filter empties or skews.",
    "Funnels": "Where the clips went. Only training clips are judged; held-out clips are the same for every arm.",
    "Signals of kept and rejected clips": '<span class="key bar" style="background:var(--curated)"></span>kept'
    '<span class="key bar" style="background:var(--rejected)"></span>rejected, stacked on top',
    "Planted truth": "How well each signal alone tells clips with a planted defect from clean ones. AUC: 0.5 is "
    "blind, 1 is perfect; whether low or high values are bad is taken out. Under a defect stands the number of clips "
    "with it; pale columns have fewer than 10, so that chance alone makes high values. Point at a cell for precision "
    "and recall.",
    "Cost": "Score against the data that an arm trains on. On the front: no other arm scores as well with as little "
    "data. Seconds of training are of this machine and compare within the study only.",
    "Gallery": "Clips that each filter kept, and those that each of its reasons cost, nearest misses first.",
}
"""What stands under a section's heading, as HTML."""

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
    "<b>Chosen on validation.</b> Of several thresholds the one that scores best on validation is named, and its "
    "effect on test is reported once. The best effect on test among many would flatter itself.",
    "<b>A condition</b> is what of the data a study varies beside the filter: a defect planted at some rate, or a "
    "share of the training data. Runs of different conditions are never compared; they are the points of a curve.",
    "<b>The clean arm</b> trains on random clips of the same size that have no planted defect and true labels: it says "
    "whether an arm is as good as clean data of its size.",
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
    (
        "0.05: 9 draws (under p)",
        "How many control draws (and as many seeds) would find the named effect in 8 of 10 such studies, if they "
        "scatter as these did. Where test groups or the one curated draw alone make the interval too wide, no number "
        "would; the notes below the effects say which of the two it is.",
    ),
    (
        "residual mismatch",
        "How far the control draws are from the arm in clips, hours, labels and durations, as a share of the matched "
        "set: what matching could not do.",
    ),
    (
        "AUC of a signal, precision, recall",
        "The chance that a clip with the defect has a worse value than a clean one. Precision and recall are those of "
        "the threshold that tells them apart best.",
    ),
    ("test, test_clean", "All test clips; those without a planted defect."),
)
