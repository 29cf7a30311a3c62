//! Commits that may be carried to another branch, and which of them a merged pull request comes to: by the way it was merged.

use serde::Deserialize;

use super::graphql::Nodes;
use crate::domain::names::{InvalidName, Sha};
use crate::domain::plan::Pick;
use crate::forge::texts::told_at_once;

/// What is asked of each.
pub const CARRIED: &str = "oid message tree { oid } author { name email date } parents(first: 2) { totalCount nodes { oid } }";

#[derive(Deserialize, Debug, Clone)]
pub struct Carried {
    pub oid: String,
    pub message: String,
    pub tree: Tree,
    author: Option<Author>,
    parents: Parents,
}

#[derive(Deserialize, Debug, Clone)]
pub struct Tree {
    pub oid: String,
}

#[derive(Deserialize, Debug, Clone)]
struct Author {
    name: Option<String>,
    email: Option<String>,
    date: Option<String>,
}

#[derive(Deserialize, Debug, Clone)]
#[serde(rename_all = "camelCase")]
struct Parents {
    total_count: usize,
    nodes: Vec<Option<Tree>>,
}

/// The commits of a pull request: the first hundred, and how many there are.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct Own {
    pub total_count: usize,
    nodes: Vec<Option<OfRequest>>,
}

#[derive(Deserialize)]
struct OfRequest {
    commit: Carried,
}

/// What a history shows.
pub type History = Nodes<Carried>;

impl Carried {
    /// The first parent; a commit without any starts a history.
    pub fn parent(&self) -> Option<&str> {
        self.parents.nodes.iter().flatten().next().map(|parent| parent.oid.as_str())
    }

    fn is_merge(&self) -> bool {
        self.parents.total_count > 1
    }

    /// Name, address and date, where the commit has them all.
    pub fn author(&self) -> Option<(&str, &str, &str)> {
        let Author { name, email, date } = self.author.as_ref()?;
        Some((name.as_deref()?, email.as_deref()?, date.as_deref()?))
    }

    fn pick(&self) -> Result<Pick, InvalidName> {
        Ok(Pick { sha: Sha::parse(&self.oid)?, message: None })
    }
}

impl Own {
    pub fn commits(self) -> (Vec<Carried>, usize) {
        (self.nodes.into_iter().flatten().map(|of| of.commit).collect(), self.total_count)
    }
}

/// Whether it must be known what lies behind the commit that a pull request landed as: then a rebase may have made it.
pub fn may_be_rebased(landing: &Carried, own: &[Carried]) -> bool {
    !landing.is_merge() && own.len() > 1
}

/// What there is to pick of a merged pull request, oldest first. `own` are its first commits of `total`, `behind` is the history from
/// `landing` on, as far as it may matter.
pub fn picks(
    landing: &Carried,
    (own, total): (&[Carried], usize),
    behind: &[Carried],
    (title, body): (&str, &str),
) -> Result<Vec<Pick>, InvalidName> {
    let is_whole = own.len() >= total;
    if landing.is_merge() {
        if is_whole && !own.is_empty() && !own.iter().any(Carried::is_merge) {
            return own.iter().map(Carried::pick).collect();
        }
        return Ok(vec![Pick { message: Some(told_at_once(title, body)), ..landing.pick()? }]);
    }
    let line = first_parents(landing, behind, own.len());
    let same = |(made, own): (&&Carried, &Carried)| made.message.trim_end() == own.message.trim_end();
    let is_rebased = own.len() > 1 && line.len() == own.len() && line.iter().rev().zip(own).all(|(made, own)| same((made, own)));
    // GitHub rebases a hundred commits at most, so what brought more of them as one is a squash.
    if is_rebased && is_whole { line.into_iter().rev().map(Carried::pick).collect() } else { Ok(vec![landing.pick()?]) }
}

/// All commits of a pull request of which it is not known how it landed, without merges.
pub fn own_picks(own: &[Carried]) -> Result<Vec<Pick>, InvalidName> {
    own.iter().filter(|commit| !commit.is_merge()).map(Carried::pick).collect()
}

/// The newest commits of a line, the newest first.
fn first_parents<'a>(tip: &'a Carried, history: &'a [Carried], most: usize) -> Vec<&'a Carried> {
    let before = |commit: &&'a Carried| {
        let parent = commit.parent()?;
        history.iter().find(|found| found.oid == parent)
    };
    std::iter::successors(Some(tip), before).take(most).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn commit(id: &str, message: &str, parents: &[&str]) -> Carried {
        let named = |id: &str| json!({"oid": id.repeat(40)});
        let nodes: Vec<_> = parents.iter().map(|parent| named(parent)).collect();
        let author = json!({"name": "Dana", "email": null, "date": "2030-01-01T00:00:00+01:00"});
        let parents = json!({"totalCount": parents.len(), "nodes": nodes});
        serde_json::from_value(json!({"oid": id.repeat(40), "message": message, "tree": named("0"), "author": author, "parents": parents}))
            .unwrap()
    }

    fn own() -> Vec<Carried> {
        vec![commit("a", "fix: a", &["0"]), commit("b", "fix: b\n", &["a"])]
    }

    fn picked(landing: &Carried, own: &[Carried], behind: &[Carried]) -> String {
        let picks = picks(landing, (own, own.len()), behind, ("feat: x", "Why: so.\n\nText.\n\nSigned-off-by: Dana <d@x>")).unwrap();
        let one = |pick: Pick| pick.sha.as_str()[..1].to_owned() + &pick.message.map(|message| format!("({message})")).unwrap_or_default();
        picks.into_iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn behind_a_merge_commit_there_are_the_requests_own_commits() {
        assert_eq!(picked(&commit("d", "Merge", &["0", "b"]), &own(), &[]), "a b");
    }

    #[test]
    fn a_request_with_merges_in_it_is_picked_as_the_merge_that_brought_it() {
        let own = [own(), vec![commit("c", "Merge main", &["b", "0"])]].concat();
        assert_eq!(picked(&commit("d", "Merge", &["0", "c"]), &own, &[]), "d(feat: x\n\nSigned-off-by: Dana <d@x>)");
    }

    #[test]
    fn a_squash_is_one_commit_whatever_the_request_had() {
        let squash = commit("d", "feat: x (#7)", &["0"]);
        assert_eq!(picked(&squash, &own(), &[squash.clone(), commit("0", "fix: a", &["9"])]), "d");
        assert_eq!(picked(&squash, &own()[..1], &[]), "d");
    }

    #[test]
    fn a_rebase_left_a_commit_each() {
        let (first, last) = (commit("c", "fix: a", &["0"]), commit("d", "fix: b", &["c"]));
        assert!(may_be_rebased(&last, &own()) && !may_be_rebased(&last, &own()[..1]));
        assert_eq!(picked(&last, &own(), &[last.clone(), first.clone(), commit("0", "before", &[])]), "c d");
        assert_eq!(picked(&last, &own(), &[last.clone(), commit("0", "fix: a", &[])]), "d");
    }

    #[test]
    fn a_request_that_landed_nobody_knows_how_is_picked_without_its_merges() {
        let own = [own(), vec![commit("c", "Merge main", &["b", "0"])]].concat();
        assert_eq!(own_picks(&own).unwrap().len(), 2);
    }

    #[test]
    fn a_merge_of_more_commits_than_were_read_is_picked_whole() {
        let merge = commit("d", "Merge", &["0", "b"]);
        assert_eq!(picks(&merge, (&own(), 101), &[], ("feat: x", "")).unwrap().len(), 1);
    }

    #[test]
    fn a_squash_of_more_commits_than_are_rebased_is_one_commit() {
        let (first, last) = (commit("c", "fix: a", &["0"]), commit("d", "fix: b", &["c"]));
        let picked = picks(&last, (&own(), 101), &[last.clone(), first], ("feat: x", "")).unwrap();
        assert_eq!(picked, [Pick { sha: Sha::parse(&last.oid).unwrap(), message: None }]);
    }

    #[test]
    fn an_author_without_an_address_is_none() {
        assert_eq!((own()[0].author(), own()[1].parent().map(|parent| &parent[..1])), (None, Some("a")));
    }
}
