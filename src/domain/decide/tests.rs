//! Which event leads where.

use std::collections::BTreeSet;

use super::*;
use crate::domain::config::{ConfigFile, ConfigFiles};
use crate::domain::event::{Actor, ForgeKind, Repository, Thread};
use crate::domain::facts::Asked;
use crate::domain::names::{Moment, Number, RepoPath, Sha, UserName};
use crate::domain::rules::tests::request;

fn delivery(event: Event, nature: Nature) -> Delivery {
    let path = RepoPath::parse("acme/app").unwrap();
    let repository = Repository { forge: ForgeKind::GitHub, id: 1, path, default_branch: None, tenant: Some(1) };
    Delivery { id: "d".into(), repository, actor: Actor { name: UserName::parse("dana").unwrap(), nature }, event }
}

fn merged(config: &str, origin: Origin) -> String {
    let file = ConfigFile { path: "slipway.toml".into(), version: "c0ffee".into(), text: config.into() };
    let config = Configuration::read(ConfigFiles::of(file));
    let mut request = request("feature/a", "main", "feat: a");
    (request.state, request.head.origin) = (State::Merged, origin);
    let (head, at) = (Sha::parse(&"1".repeat(40)).unwrap(), Moment(1));
    let (branch, base) = (Some(request.head.branch.clone()), Some(request.base.clone()));
    let event = Event::ChangeRequest { number: Number(1), change: Change::Merged, head, branch, base, labels: BTreeSet::new(), at };
    let delivery = delivery(event, Nature::Person);
    let needed = !needs(&delivery, &config).is_empty();
    let issues = [(IssueKind::Release, Asked::Answered(Vec::new()))].into();
    let facts = Facts { change_request: if needed { Asked::Answered(Some(request)) } else { Asked::Never }, issues, ..Facts::default() };
    decide(&delivery, &config, &facts).to_string()
}

#[test]
fn a_merged_branch_is_deleted_where_the_configuration_names_it() {
    insta::assert_snapshot!(merged("backport.label = ''\n[branches]\ndelete_merged = ['feature/*']", Origin::SameRepository), @r"
    merged branches of this name are deleted
    - delete branch feature/a if it is still at 1111111111
    ");
    let quiet = "backport.label = ''\nbackport.forward = false";
    assert_eq!(merged(quiet, Origin::SameRepository), "nothing is asked for after a merge");
}

#[test]
fn a_forks_branch_is_never_touched() {
    let fork = Origin::Fork(RepoPath::parse("eve/app").unwrap());
    assert_eq!(merged("backport.label = ''\n[branches]\ndelete_merged = ['**']", fork), "the head branch is not this repository's");
}

#[test]
fn bots_give_no_commands() {
    let body = "/slipway help".to_owned();
    let event = Event::Comment { thread: Thread::Issue(Number(1)), id: 1, body };
    assert_eq!(dismiss(&delivery(event.clone(), Nature::Bot)), Some("bots give no commands"));
    assert_eq!(dismiss(&delivery(event, Nature::Person)), None);
}
