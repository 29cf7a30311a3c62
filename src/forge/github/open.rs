//! The open pull requests of a repository.

use serde::Deserialize;

use super::GithubRepository;
use super::graphql::{CALL, Nodes, Variables};
use super::read::unreadable;
use crate::domain::facts::OpenRequest;
use crate::domain::names::{BranchName, InvalidName, Moment, Number, Sha};
use crate::forge::Result;

/// Hundreds of pull requests.
const PAGES: usize = 10;

#[derive(Deserialize)]
struct Read {
    open: Nodes<Open>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Open {
    number: u64,
    head_ref_oid: String,
    head_ref_name: String,
    base_ref_name: String,
    updated_at: jiff::Timestamp,
}

impl GithubRepository<'_> {
    pub(super) async fn read_open(&self, base: Option<&BranchName>) -> Result<Vec<OpenRequest>> {
        let (mut all, mut after) = (Vec::new(), None);
        for _ in 0..PAGES {
            let mut variables = Variables::default();
            let into = base.map(|base| format!("baseRefName: {},", variables.bind("String", base.as_str()))).unwrap_or_default();
            let from = variables.bind("String", after);
            let selection = format!(
                "open: pullRequests(states: OPEN, {into} first: 100, after: {from}, orderBy: {{ field: CREATED_AT, direction: ASC }}) {{
                   pageInfo {{ hasNextPage endCursor }} nodes {{ number headRefOid headRefName baseRefName updatedAt }} }}"
            );
            let Read { open } = self.ask(variables, &selection, "").await?;
            after = open.next();
            all.extend(open.into_iter().map(Open::request).collect::<Result<Vec<_>, _>>().map_err(unreadable(CALL))?);
            if after.is_none() {
                break;
            }
        }
        Ok(all)
    }
}

impl Open {
    fn request(self) -> Result<OpenRequest, InvalidName> {
        Ok(OpenRequest {
            number: Number(self.number),
            head: Sha::parse(&self.head_ref_oid)?,
            branch: BranchName::parse(&self.head_ref_name)?,
            base: BranchName::parse(&self.base_ref_name)?,
            updated_at: Moment(self.updated_at.as_second()),
        })
    }
}
