//! GitHub's GraphQL API: operations put together from texts of our own and variables, and answers that come with status 200
//! whatever happened. Nothing from outside becomes part of an operation's text.

use http::{HeaderMap, Method};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::GithubRepository;
use super::client::{GRAPH, read};
use crate::forge::http::limit;
use crate::forge::{ForgeError, Result};

/// What errors call a call to it.
pub const CALL: &str = "POST /graphql";

/// The variables of an operation: their declarations and their values.
#[derive(Default)]
pub struct Variables {
    declared: Vec<String>,
    values: Map<String, Value>,
}

impl Variables {
    /// Makes a variable of a GraphQL type and gives what stands for it in the text.
    pub fn bind(&mut self, kind: &str, value: impl Into<Value>) -> String {
        let name = format!("v{}", self.values.len());
        self.declared.push(format!("${name}: {kind}"));
        self.values.insert(name.clone(), value.into());
        format!("${name}")
    }
}

#[derive(Serialize)]
struct Operation<'a> {
    query: String,
    variables: &'a Map<String, Value>,
}

#[derive(Deserialize)]
struct Answer {
    data: Option<Value>,
    #[serde(default)]
    errors: Vec<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(rename = "type", default)]
    kind: String,
    message: String,
    /// Where in the answer it leaves a null.
    #[serde(default)]
    path: Vec<Value>,
}

#[derive(Deserialize)]
struct InRepository {
    repository: Option<Value>,
}

/// The items of a list. An item that cannot be shown is null.
#[derive(Deserialize)]
pub struct Nodes<T> {
    #[serde(default = "Vec::new")]
    nodes: Vec<Option<T>>,
    #[serde(rename = "pageInfo")]
    page: Option<PageInfo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

impl<T> Nodes<T> {
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.nodes.iter().flatten()
    }

    pub fn has_more(&self) -> bool {
        self.page.as_ref().is_some_and(|page| page.has_next_page)
    }

    /// Where the next page starts, if there is one.
    pub fn next(&self) -> Option<String> {
        self.page.as_ref().filter(|page| page.has_next_page).and_then(|page| page.end_cursor.clone())
    }
}

impl<T> Default for Nodes<T> {
    fn default() -> Self {
        Self { nodes: Vec::new(), page: None }
    }
}

impl<T> IntoIterator for Nodes<T> {
    type Item = T;
    type IntoIter = std::iter::Flatten<std::vec::IntoIter<Option<T>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.nodes.into_iter().flatten()
    }
}

impl GithubRepository<'_> {
    /// Asks for something in this repository. `fragments` are those that the selection names.
    pub(super) async fn ask<T: DeserializeOwned>(&self, mut variables: Variables, selection: &str, fragments: &str) -> Result<T> {
        let here = self.here(&mut variables);
        let body = format!("{{ repository({here}) {{ {selection} }} }} {fragments}");
        let (answer, headers) = self.operate("query", &variables, &body).await?;
        let InRepository { repository } = parse(answer.whole(&headers)?)?;
        parse(repository.ok_or_else(|| ForgeError::NotFound { call: CALL.to_owned() })?)
    }

    /// The same; what is null because an alias that `may_fail` was refused, or is not there, counts as an answer.
    pub(super) async fn ask_but<T: DeserializeOwned>(
        &self,
        mut variables: Variables,
        selection: &str,
        may_fail: fn(&str) -> bool,
    ) -> Result<T> {
        let here = self.here(&mut variables);
        let (mut answer, headers) = self.operate("query", &variables, &format!("{{ repository({here}) {{ {selection} }} }}")).await?;
        answer.errors.retain(|problem| !problem.path.iter().filter_map(Value::as_str).any(may_fail));
        let InRepository { repository } = parse(answer.whole(&headers)?)?;
        parse(repository.ok_or_else(|| ForgeError::NotFound { call: CALL.to_owned() })?)
    }

    /// Asks for several things; those that cannot be answered are null.
    pub(super) async fn ask_partly<T: DeserializeOwned>(&self, variables: &Variables, selection: &str) -> Result<T> {
        let (mut answer, headers) = self.operate("query", variables, &format!("{{ {selection} }}")).await?;
        match answer.data.take_if(|data| data.is_object()) {
            Some(data) => parse(data),
            None => parse(answer.whole(&headers)?),
        }
    }

    /// Asks for several things; those whose alias `may_miss` are null where there is nothing to be found.
    pub(super) async fn ask_for<T: DeserializeOwned>(&self, variables: &Variables, body: &str, may_miss: fn(&str) -> bool) -> Result<T> {
        let (mut answer, headers) = self.operate("query", variables, body).await?;
        answer.errors.retain(|problem| !problem.is_missing(may_miss));
        parse(answer.whole(&headers)?)
    }

    /// The declared variables that name this repository, as arguments.
    pub(super) fn here(&self, variables: &mut Variables) -> String {
        format!("owner: {}, name: {}", variables.bind("String!", self.path.owner()), variables.bind("String!", self.path.name()))
    }

    /// Changes something. The mutations of an operation run one after the other, also behind one that fails.
    pub(super) async fn mutate<T: DeserializeOwned>(&self, variables: &Variables, selection: &str) -> Result<T> {
        let (answer, headers) = self.operate("mutation", variables, &format!("{{ {selection} }}")).await?;
        parse(answer.whole(&headers)?)
    }

    async fn operate(&self, word: &str, variables: &Variables, body: &str) -> Result<(Answer, HeaderMap)> {
        let query = format!("{word}({}) {body}", variables.declared.join(", "));
        let operation = Operation { query, variables: &variables.values };
        let response = self.call(Method::POST, GRAPH, Some(&operation)).await?;
        Ok((read(GRAPH, &response)?, response.into_parts().0.headers))
    }
}

pub fn parse<T: DeserializeOwned>(value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(|error| ForgeError::Unreadable { call: CALL.to_owned(), why: error.to_string() })
}

impl Answer {
    fn whole(self, headers: &HeaderMap) -> Result<Value> {
        match (self.errors.into_iter().next(), self.data) {
            (Some(problem), _) => Err(problem.explain(headers)),
            (None, Some(data)) => Ok(data),
            (None, None) => Err(ForgeError::Unreadable { call: CALL.to_owned(), why: "it has neither data nor errors".to_owned() }),
        }
    }
}

impl Problem {
    /// Whether it only says that something which may be missing is.
    fn is_missing(&self, may_miss: fn(&str) -> bool) -> bool {
        self.kind == "NOT_FOUND" && self.path.last().and_then(Value::as_str).is_some_and(may_miss)
    }

    /// Only the first problem tells: what comes after it is mostly its consequence.
    fn explain(self, headers: &HeaderMap) -> ForgeError {
        let (call, Self { kind, message, .. }) = (CALL.to_owned(), self);
        let forbidden = message.contains("rule violations") || message.contains("protected");
        match kind.as_str() {
            "RATE_LIMITED" => ForgeError::RateLimited { call, after: limit(headers) },
            "NOT_FOUND" => ForgeError::NotFound { call },
            "FORBIDDEN" | "INSUFFICIENT_SCOPES" => ForgeError::Denied { call, status: 403, message },
            "UNPROCESSABLE" if forbidden => ForgeError::Denied { call, status: 422, message },
            // Something moved since it was read, or GitHub did not get done in time, of which it tells without a type.
            "STALE_DATA" | "UNPROCESSABLE" | "INTERNAL" | "SERVICE_UNAVAILABLE" => ForgeError::Unavailable { call, why: message },
            _ if message.starts_with("Something went wrong") => ForgeError::Unavailable { call, why: message },
            _ => ForgeError::Rejected { call, status: 200, message },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::error::Remedy;

    fn error(text: &str) -> ForgeError {
        serde_json::from_str::<Answer>(text).unwrap().whole(&HeaderMap::new()).unwrap_err()
    }

    #[test]
    fn a_variable_never_becomes_part_of_the_text() {
        let mut variables = Variables::default();
        assert_eq!(variables.bind("String!", "\") { evil }"), "$v0");
        assert_eq!((variables.bind("Int", 7), variables.declared.join(", ").as_str()), ("$v1".into(), "$v0: String!, $v1: Int"));
    }

    #[test]
    fn an_error_of_status_200_says_whether_trying_again_helps() {
        let remedy = |kind: &str| error(&format!(r#"{{"data":null,"errors":[{{"type":"{kind}","message":"m"}}]}}"#)).remedy();
        assert_eq!((remedy("STALE_DATA"), remedy("FORBIDDEN"), remedy("NOT_FOUND")), (Remedy::TryAgain, Remedy::GiveUp, Remedy::GiveUp));
        assert!(matches!(remedy("RATE_LIMITED"), Remedy::Wait(_)));
        let timed_out = r#"{"errors":[{"message":"Something went wrong while executing your query."}]}"#;
        assert_eq!(error(timed_out).remedy(), Remedy::TryAgain);
        let ruled = r#"{"errors":[{"type":"UNPROCESSABLE","message":"Repository rule violations found"}]}"#;
        assert_eq!(error(ruled).remedy(), Remedy::GiveUp);
    }

    #[test]
    fn what_may_be_missing_is_no_problem_where_it_is() {
        let missing = |kind: &str, path: &str| {
            let text = format!(r#"{{"data":{{}},"errors":[{{"type":"{kind}","message":"m","path":["repository","{path}"]}}]}}"#);
            serde_json::from_str::<Answer>(&text).unwrap().errors.iter().all(|problem| problem.is_missing(|alias| alias == "c0"))
        };
        assert!(missing("NOT_FOUND", "c0") && !missing("NOT_FOUND", "other") && !missing("FORBIDDEN", "c0"));
    }

    #[test]
    fn partial_data_is_no_answer_to_a_question_that_needs_all() {
        let partial = r#"{"data":{"a":1},"errors":[{"type":"FORBIDDEN","message":"Resource not accessible by integration"}]}"#;
        assert!(matches!(error(partial), ForgeError::Denied { .. }));
    }
}
