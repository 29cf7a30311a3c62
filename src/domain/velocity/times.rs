//! Times that things took, in short: how many there were, the middle one, and what nine of ten did not exceed.

use std::fmt;

/// In seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    pub count: usize,
    /// The mean of the two in the middle where their number is even.
    pub median: u64,
    /// The smallest that nine of ten do not exceed, by nearest rank.
    pub ninetieth: u64,
}

impl Times {
    /// `None`: there are none.
    pub fn of(seconds: impl Iterator<Item = u64>) -> Option<Self> {
        let mut sorted: Vec<_> = seconds.collect();
        sorted.sort_unstable();
        let count = sorted.len();
        let (low, high) = (sorted.get(count.checked_sub(1)? / 2)?, sorted.get(count / 2)?);
        let ninetieth = *sorted.get((count * 9).div_ceil(10).checked_sub(1)?)?;
        Some(Self { count, median: low.midpoint(*high), ninetieth })
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let changes = if self.count == 1 { "change" } else { "changes" };
        write!(f, "{} in the middle, {} for nine of ten ({} {changes})", in_words(self.median), in_words(self.ninetieth), self.count)
    }
}

/// Two units at most, the smaller one rounded down: `2 d 3 h`, `5 h 10 min`, `45 s`.
pub fn in_words(seconds: u64) -> String {
    let units = [("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)];
    let first = units.iter().position(|(_, length)| seconds >= *length).unwrap_or(units.len() - 1);
    let mut left = seconds;
    let mut said = Vec::new();
    for (unit, length) in units.iter().skip(first).take(2) {
        let many = left / length;
        left %= length;
        if many > 0 || said.is_empty() {
            said.push(format!("{many} {unit}"));
        }
    }
    said.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_ninetieth_are_found_by_rank() {
        let of = |seconds: &[u64]| Times::of(seconds.iter().copied()).map(|times| (times.count, times.median, times.ninetieth));
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[7]), Some((1, 7, 7)));
        assert_eq!(of(&[9, 1]), Some((2, 5, 9)));
        assert_eq!(of(&[3, 1, 2]), Some((3, 2, 3)));
        assert_eq!(of(&(1..=10).collect::<Vec<_>>()), Some((10, 5, 9)));
        assert_eq!(of(&(1..=11).collect::<Vec<_>>()), Some((11, 6, 10)));
    }

    #[test]
    fn times_are_read_in_two_units() {
        for (seconds, words) in [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3_661, "1 h 1 min"), (86_400, "1 d"), (183_600, "2 d 3 h")] {
            assert_eq!(in_words(seconds), words);
        }
    }
}
