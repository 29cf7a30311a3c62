//! Values of the file that are more than words: regular expressions, periods and names of branches, each refused where it is written.

use std::fmt;

use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de::Error};

use crate::domain::names::BranchName;

/// How large a compiled expression may be, in bytes. Matching takes time in proportion to it and to the text, and no more.
const LARGEST: usize = 1 << 20;

/// A regular expression in the syntax of <https://docs.rs/regex/latest/regex/#syntax>. It matches anywhere in the text.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(title = "regular expression", with = "String")]
pub struct Expression(Regex);

impl Expression {
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl TryFrom<String> for Expression {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let compiled = RegexBuilder::new(&text).size_limit(LARGEST).build();
        compiled.map(Self).map_err(|error| {
            // The parser draws the expression over several lines; the last one says what is wrong.
            let said = error.to_string();
            let why = said.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            format!("`{text}` is not a regular expression: {why}")
        })
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// A length of time as people write it: `12h`, `30d`, `2w`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(title = "period", with = "String")]
pub struct Period {
    text: String,
    seconds: i64,
}

impl Period {
    pub fn seconds(&self) -> i64 {
        self.seconds
    }

    /// So many hours.
    pub fn hours(hours: u16) -> Self {
        Self { text: format!("{hours}h"), seconds: i64::from(hours) * 3600 }
    }
}

impl TryFrom<String> for Period {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let units = [('h', 3600), ('d', 24 * 3600), ('w', 7 * 24 * 3600)];
        let split = units.into_iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)));
        let read = split.and_then(|(number, seconds)| number.parse::<u32>().ok()?.checked_mul(seconds));
        match read {
            Some(seconds) => Ok(Self { seconds: i64::from(seconds), text }),
            None => Err(format!("`{text}` is not a period: write a number with `h`, `d` or `w`, as in `36h`, `30d` or `2w`")),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Reads the name of one branch, which is no pattern.
pub fn branch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BranchName, D::Error> {
    let text = String::deserialize(deserializer)?;
    BranchName::parse(&text).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_that_cannot_be_read_says_why() {
        let refused = |text: &str| Expression::try_from(text.to_owned()).unwrap_err();
        assert_eq!(refused("a("), "`a(` is not a regular expression: unclosed group");
        assert!(refused("\\w{9999}").contains("exceeds size limit"), "{}", refused("\\w{9999}"));
    }

    #[test]
    fn no_text_makes_an_expression_slow_and_a_huge_one_is_refused() {
        let began = std::time::Instant::now();
        let text = format!("{}b", "a".repeat(10_000));
        assert!(!Expression::try_from("^(a+)+$".to_owned()).unwrap().matches(&text));
        assert!(began.elapsed() < std::time::Duration::from_secs(5), "an engine that backtracks would take 2^10000 steps");
        assert!(Expression::try_from("((a{100}){100}){100}".to_owned()).is_err());
    }

    #[test]
    fn a_period_is_a_number_and_a_unit() {
        let seconds = |text: &str| Period::try_from(text.to_owned()).map(|period| period.seconds());
        assert_eq!([seconds("36h"), seconds("30d"), seconds("2w")], [Ok(129_600), Ok(2_592_000), Ok(1_209_600)]);
        for bad in ["", "h", "5", "5m", "-5h", "1.5d", "1d 2h", "9999999999h", "4000000w", "5é"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
