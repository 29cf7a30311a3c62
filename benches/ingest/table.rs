//! The results: one row for each question, the figures of all rounds as min / median / max, and whether the goal is met.

use std::fmt;

/// What is asked of Slipway's figures.
#[derive(Clone, Copy)]
pub enum Goal {
    /// The median of the ratios of each round.
    Ratio(f64),
    /// The same, or the median of the differences where the reference is too cheap for a ratio to mean much.
    RatioOrMore(f64, f64),
    /// The median, whatever the reference has.
    AtMost(f64),
}

/// Figures of the same rounds, in the same order.
pub struct Row {
    pub what: &'static str,
    pub reference: Vec<f64>,
    pub slipway: Vec<f64>,
    pub goal: Goal,
}

impl Row {
    fn ratio(&self) -> f64 {
        self.each_round(|slipway, reference| slipway / reference)
    }

    fn difference(&self) -> f64 {
        self.each_round(|slipway, reference| slipway - reference)
    }

    fn each_round(&self, compare: impl Fn(f64, f64) -> f64) -> f64 {
        let rounds: Vec<f64> = self.slipway.iter().zip(&self.reference).map(|(slipway, reference)| compare(*slipway, *reference)).collect();
        spread(&rounds)[1]
    }

    pub fn is_met(&self) -> bool {
        match self.goal {
            Goal::Ratio(most) => self.ratio() <= most,
            Goal::RatioOrMore(most, more) => self.ratio() <= most || self.difference() <= more,
            Goal::AtMost(most) => spread(&self.slipway)[1] <= most,
        }
    }
}

fn spread(figures: &[f64]) -> [f64; 3] {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    [sorted.first(), sorted.get(sorted.len() / 2), sorted.last()].map(|figure| figure.copied().unwrap_or(f64::NAN))
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ratio(most) => write!(f, "≤ {most:.1} ×"),
            Self::RatioOrMore(most, more) => write!(f, "≤ {most:.1} × or + {more:.0}"),
            Self::AtMost(most) => write!(f, "≤ {most:.0}"),
        }
    }
}

/// A row of a Markdown table whose columns are those of `HEAD`.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figures = |figures: &[f64]| spread(figures).map(|figure| format!("{figure:.1}")).join(" / ");
        let (reference, slipway) = (figures(&self.reference), figures(&self.slipway));
        let (ratio, difference, met) = (self.ratio(), self.difference(), if self.is_met() { "yes" } else { "**no**" });
        // Nothing compared with nothing.
        let ratio = if ratio.is_finite() { format!("{ratio:.2}") } else { "–".to_owned() };
        write!(f, "| {} | {reference} | {slipway} | {ratio} | {difference:+.1} | {} | {met} |", self.what, self.goal)
    }
}

pub const HEAD: &str = "| what | reference | Slipway | ratio | difference | goal | met |\n| --- | --- | --- | --- | --- | --- | --- |";
