//! The GitHub adapter against the sandbox, call by call: what it reads in how many requests, and that what it writes stays as it is.

mod delivered;
mod marking;
mod policy;
mod progress;
mod releases;
mod repository;
mod running;

use std::collections::{BTreeMap, BTreeSet};

use slipway::domain::event::{ForgeKind, Repository};
use slipway::domain::facts::{Line, Lines, MergeMethod, Newcomers, Paths, Proposal, Ref, Role, State, TagsWanted, Wanted};
use slipway::domain::names::{BranchName, Number, RepoPath, Sha, TagName, UserName};
use slipway::domain::plan::{Action, Propose};
use slipway::domain::version::{Scheme, TagTemplate};
use slipway::forge::error::Remedy;
use slipway::forge::github::{GitHub, GithubRepository};
use slipway::forge::{Applied, Forge, ForgeError, Transport};
use slipway::sandbox::{Effect, Fault, Kind, Matching, Merge, RepoHandle, Role as Granted, Sandbox, SandboxOptions};

use crate::support::{install_tls, options};

struct Stage {
    sandbox: Sandbox,
    repo: RepoHandle,
    forge: GitHub,
    named: Repository,
}

async fn stage_with(options: SandboxOptions) -> Stage {
    install_tls();
    let sandbox = Sandbox::start(options).await.unwrap();
    let repo = sandbox.repository(Kind::GitHub, "acme/app", &[("VERSION", "1.0.0\n"), ("logo", "\0\0")]).unwrap();
    let forge = GitHub::connect(&sandbox.settings().unwrap().github.unwrap(), &Transport::new().unwrap()).unwrap();
    let path = RepoPath::parse("acme/app").unwrap();
    let named = Repository { forge: ForgeKind::GitHub, id: repo.id(), path, default_branch: None, tenant: Some(7001) };
    Stage { sandbox, repo, forge, named }
}

async fn stage() -> Stage {
    stage_with(options()).await
}

fn branch(name: &str) -> BranchName {
    BranchName::parse(name).unwrap()
}

fn wanted() -> Wanted {
    Wanted {
        at: Ref::Branch(branch("main")),
        tags: BTreeSet::from([TagsWanted {
            template: TagTemplate { prefix: "v".to_owned(), scheme: Scheme::Semantic },
            below: None,
            lines: Lines::Own,
        }]),
        files: BTreeSet::from(["VERSION".to_owned(), "missing".to_owned()]),
        proposals: BTreeSet::from([None]),
        paths: Paths::Unneeded,
        newcomers: Newcomers::Unneeded,
        standing: None,
        limit: 1000,
    }
}

const RELEASE: &str = "slipway/release/main";

impl Stage {
    fn forge(&self) -> GithubRepository<'_> {
        self.forge.repository(&self.named)
    }

    /// The calls since it was last asked, without those that only mint tokens.
    fn calls(&self) -> Vec<String> {
        let calls = self.sandbox.calls().into_iter().filter(|call| !call.path.ends_with("access_tokens"));
        let calls = calls.map(|call| format!("{} {}", call.method, call.path)).collect();
        self.sandbox.forget_calls();
        calls
    }

    fn commit(&self, message: &str, file: &str) -> String {
        self.repo.commit("main", "dana", message, &[(file, message)]).unwrap()
    }

    async fn line(&self) -> Line {
        self.forge().line(&wanted()).await.unwrap().unwrap()
    }

    fn proposal(&self, version: &str, seen: Option<Proposal>) -> Action<String> {
        Action::Propose(Box::new(Propose {
            branch: branch(RELEASE),
            base: branch("main"),
            onto: Sha::parse(&self.repo.head("main").unwrap()).unwrap(),
            title: format!("chore: release {version}"),
            releases: vec![(String::new(), version.to_owned())],
            existing: BTreeSet::from(["VERSION".to_owned()]),
            body: format!("Notes of {version}"),
            files: vec![("VERSION".to_owned(), format!("{version}\n")), ("docs/new.md".to_owned(), "ä".to_owned())],
            seen,
        }))
    }

    async fn proposed(&self) -> Proposal {
        self.line().await.proposals.remove(&branch(RELEASE)).unwrap()
    }
}

#[tokio::test]
async fn a_line_is_read_in_one_query() {
    let stage = stage().await;
    stage.repo.tag("v1.0.0", "main").unwrap();
    stage.repo.tag("w1.0.0", "main").unwrap();
    let issue = stage.repo.open_issue("eve", "It fails").unwrap();
    stage.repo.branch("feature/login", "main").unwrap();
    stage.repo.commit("feature/login", "dana", "wip", &[("login", "1")]).unwrap();
    let number = stage.repo.open("dana", "feature/login", "main", "feat: login").unwrap();
    stage.repo.describe(number, &format!("Closes #{issue}")).unwrap();
    let squash = stage.repo.merge(number, "max", Merge::Squash).unwrap();
    stage.repo.lightweight_tag("v1.1.0", "main").unwrap();
    let line = stage.line().await;
    assert_eq!(stage.calls(), ["POST /graphql"]);
    assert_eq!((line.name.as_str(), line.window.head.as_str(), line.window.whole), ("main", squash.as_str(), true));
    let tags: BTreeMap<_, _> = line.window.tags.iter().map(|tagged| (tagged.tag.as_str(), tagged.commit.as_str())).collect();
    let first = line.window.commits[1].sha.as_str();
    assert_eq!(tags, BTreeMap::from([("v1.0.0", first), ("v1.1.0", squash.as_str())]));
    assert_eq!(line.files, BTreeMap::from([("VERSION".to_owned(), "1.0.0\n".to_owned())]));
    let request = &line.window.requests[0];
    assert_eq!((request.number.0, request.label.as_str(), request.title.as_str()), (number, "#2", "feat: login"));
    assert_eq!((request.closes.as_slice(), request.author.as_deref()), ([Number(issue)].as_slice(), Some("dana")));
    assert_eq!((request.branch.as_ref().unwrap().as_str(), request.commits[0].as_str()), ("feature/login", squash.as_str()));
    assert!(line.links.commit.ends_with("/acme/app/commit/") && line.links.compare.ends_with("/acme/app/compare/"));
    let author = &line.window.commits[0].author;
    assert_eq!((author.login.as_deref(), line.window.commits[0].parents.len()), (Some("dana"), 1));
}

#[tokio::test]
async fn a_line_may_be_that_of_a_tag_or_of_the_default_branch_or_not_be_there() {
    let stage = stage().await;
    stage.repo.tag("v1.0.0", "main").unwrap();
    let forge = stage.forge();
    let at = |at: Ref| Wanted { at, ..wanted() };
    let tag = forge.line(&at(Ref::Tag(TagName::parse("v1.0.0").unwrap()))).await.unwrap().unwrap();
    let default = forge.line(&at(Ref::Default)).await.unwrap().unwrap();
    assert_eq!((tag.name.as_str(), default.name.as_str(), tag.window == default.window), ("v1.0.0", "main", true));
    assert_eq!(tag.files, default.files);
    assert_eq!(forge.line(&at(Ref::Branch(branch("gone")))).await.unwrap(), None);
    let binary = Wanted { files: BTreeSet::from(["logo".to_owned()]), ..wanted() };
    let error = forge.line(&binary).await.unwrap_err();
    assert!(matches!(&error, ForgeError::Unusable { path, .. } if path == "logo") && error.remedy() == Remedy::GiveUp, "{error}");
}

#[tokio::test]
async fn a_long_history_is_read_on_page_by_page() {
    let stage = stage_with(SandboxOptions { page_size: Some(3), ..options() }).await;
    for at in 0..6 {
        stage.commit(&format!("fix: {at}"), "x");
    }
    let (forge, wanted) = (stage.forge(), wanted());
    let mut line = forge.line(&wanted).await.unwrap().unwrap();
    assert_eq!((line.window.commits.len(), line.window.whole), (3, false));
    forge.older(&wanted, &mut line).await.unwrap();
    assert_eq!((line.window.commits.len(), line.window.whole), (6, false));
    forge.older(&wanted, &mut line).await.unwrap();
    assert_eq!((line.window.commits.len(), line.window.whole), (7, true));
    assert_eq!(line.window.commits.last().map(|commit| commit.message.as_str()), Some("chore: start"));
    assert_eq!(stage.calls(), ["POST /graphql"; 3]);
}

#[tokio::test]
async fn tags_that_only_hold_the_prefix_do_not_hide_those_that_start_with_it() {
    let stage = stage_with(SandboxOptions { page_size: Some(2), ..options() }).await;
    stage.repo.tag("v1.0.0", "main").unwrap();
    for at in 0..5 {
        stage.commit(&format!("fix: {at}"), "x");
        stage.repo.tag(&format!("api-v2.{at}.0"), "main").unwrap();
    }
    let tags = stage.line().await.window.tags;
    assert_eq!(tags.iter().map(|tagged| tagged.tag.as_str()).collect::<Vec<_>>(), ["v1.0.0"]);
    assert_eq!(stage.calls().len(), 3);
}

#[tokio::test]
async fn what_came_since_a_tag_is_read_to_the_end() {
    let stage = stage_with(SandboxOptions { page_size: Some(3), ..options() }).await;
    stage.repo.tag("v1.0.0", "main").unwrap();
    for at in 0..7 {
        stage.commit(&format!("fix: {at}"), "x");
    }
    let (forge, wanted) = (stage.forge(), wanted());
    let mut line = forge.line(&wanted).await.unwrap().unwrap();
    let tag = line.window.tags[0].clone();
    forge.since(&wanted, &mut line, &tag).await.unwrap();
    assert_eq!((line.window.commits.len(), line.window.complete_since.as_slice()), (7, [tag.commit.clone()].as_slice()));
    let bounded = Wanted { limit: 5, ..wanted };
    let mut line = forge.line(&bounded).await.unwrap().unwrap();
    forge.since(&bounded, &mut line, &tag).await.unwrap();
    assert!(line.window.commits.len() >= 5 && line.window.complete_since.is_empty());
}

#[tokio::test]
async fn paths_are_read_for_what_came_since_the_version_alone() {
    let stage = stage().await;
    stage.repo.tag("v1.0.0", "main").unwrap();
    stage.commit("fix: direct", "api/a");
    for (name, method) in [("squashed", Merge::Squash), ("merged", Merge::MergeCommit)] {
        stage.repo.branch(name, "main").unwrap();
        stage.repo.commit(name, "dana", "one", &[(&format!("web/{name}"), "1")]).unwrap();
        stage.repo.commit(name, "dana", "two", &[(&format!("cli/{name}"), "2")]).unwrap();
        let number = stage.repo.open("dana", name, "main", name).unwrap();
        stage.repo.merge(number, "max", method).unwrap();
    }
    let line = stage.forge().line(&Wanted { paths: Paths::Wanted, ..wanted() }).await.unwrap().unwrap();
    let of = |subject: &str| {
        let found = line.window.commits.iter().find(|commit| commit.message.starts_with(subject)).unwrap();
        found.files.as_ref().map(|files| files.join(" "))
    };
    assert_eq!((of("fix: direct").as_deref(), of("squashed").as_deref()), (Some("api/a"), Some("cli/squashed web/squashed")));
    assert_eq!((of("two").as_deref(), of("Merge").as_deref()), (Some("cli/merged"), Some("cli/merged web/merged")));
    assert_eq!(of("chore: start"), None);
    let mut calls = stage.calls();
    calls.sort();
    assert_eq!((calls.len(), calls.iter().filter(|call| *call == "POST /graphql").count()), (5, 2), "{calls:?}");
}

#[tokio::test]
async fn a_proposal_is_opened_once_and_brought_up_to_date() {
    let stage = stage().await;
    stage.line().await;
    let first = stage.proposal("1.1.0", None);
    stage.calls();
    assert_eq!(stage.forge().apply(&first).await.unwrap(), Applied::Created);
    assert_eq!(stage.calls().len(), 2);
    assert_eq!(stage.forge().apply(&first).await.unwrap(), Applied::Unchanged);
    let seen = stage.proposed().await;
    assert_eq!((seen.author.as_str(), seen.state, seen.base.as_str()), ("slipway[bot]", State::Open, "main"));
    assert!(seen.message.starts_with("chore: release 1.1.0\n\nSlipway-Release: @1.1.0\nSlipway-Content: "), "{}", seen.message);
    stage.commit("feat: more", "x");
    assert_eq!(stage.forge().apply(&stage.proposal("1.1.0", Some(seen.clone()))).await.unwrap(), Applied::Unchanged);
    let forge = stage.forge();
    forge.line(&wanted()).await.unwrap();
    stage.calls();
    assert_eq!(forge.apply(&stage.proposal("1.2.0", Some(seen.clone()))).await.unwrap(), Applied::Changed);
    assert_eq!(stage.calls(), ["POST /graphql"; 2]);
    let now = stage.proposed().await;
    assert_eq!(
        (now.number, now.state, now.title.as_str(), now.body.as_str()),
        (seen.number, State::Open, "chore: release 1.2.0", "Notes of 1.2.0")
    );
    assert_eq!(stage.repo.branches(), ["main", RELEASE]);
    let line = stage.forge().line(&Wanted { at: Ref::Branch(branch(RELEASE)), ..wanted() }).await.unwrap().unwrap();
    assert_eq!(
        (line.files["VERSION"].as_str(), line.window.commits[0].parents[0].as_str()),
        ("1.2.0\n", stage.repo.head("main").unwrap().as_str())
    );
}

#[tokio::test]
async fn a_person_who_pushed_meanwhile_is_not_overwritten() {
    let stage = stage().await;
    stage.forge().apply(&stage.proposal("1.1.0", None)).await.unwrap();
    let seen = stage.proposed().await;
    let theirs = stage.repo.commit(RELEASE, "dana", "docs: better", &[("docs/new.md", "better")]).unwrap();
    let error = stage.forge().apply(&stage.proposal("1.2.0", Some(seen))).await.unwrap_err();
    assert!(matches!(error, ForgeError::Unavailable { .. }), "{error}");
    assert_eq!(stage.repo.head(RELEASE).unwrap(), theirs);
    assert_eq!(stage.proposed().await.message, "docs: better");
}

#[tokio::test]
async fn a_lost_answer_does_not_propose_twice() {
    let stage = stage().await;
    for (version, nth) in [("1.1.0", 1), ("1.2.0", 1), ("1.3.0", 2)] {
        let seen = stage.line().await.proposals.remove(&branch(RELEASE));
        stage.sandbox.inject(Fault { on: Matching::Writes, effect: Effect::LostAnswer, times: nth });
        let forge = stage.forge();
        for _ in 0..nth {
            assert!(forge.apply(&stage.proposal(version, seen.clone())).await.is_err(), "{version}");
        }
        let seen = stage.line().await.proposals.remove(&branch(RELEASE));
        forge.apply(&stage.proposal(version, seen)).await.unwrap();
        let now = stage.proposed().await;
        assert_eq!((now.title, now.state), (format!("chore: release {version}"), State::Open));
        assert_eq!(stage.repo.branches(), ["main", RELEASE]);
    }
}

#[tokio::test]
async fn another_proposal_of_the_same_name_in_a_fork_is_not_ours() {
    let stage = stage().await;
    stage.repo.open_from_fork("eve", RELEASE, "main", "chore: release 9.0.0").unwrap();
    assert!(stage.line().await.proposals.is_empty());
    assert_eq!(stage.forge().apply(&stage.proposal("1.1.0", None)).await.unwrap(), Applied::Created);
    assert_eq!(stage.proposed().await.title, "chore: release 1.1.0");
}

#[tokio::test]
async fn a_proposal_is_described_and_withdrawn() {
    let stage = stage().await;
    stage.forge().apply(&stage.proposal("1.1.0", None)).await.unwrap();
    let number = stage.proposed().await.number;
    let describe = Action::Describe { number, body: "Other".to_owned() };
    let withdraw = Action::Withdraw { number, body: "Nothing to release".to_owned() };
    for (action, first) in [(describe, Applied::Changed), (withdraw, Applied::Changed)] {
        assert_eq!(stage.forge().apply(&action).await.unwrap(), first);
        assert_eq!(stage.forge().apply(&action).await.unwrap(), Applied::Unchanged);
    }
    let now = stage.proposed().await;
    assert_eq!((now.state, now.body.as_str()), (State::Closed, "Nothing to release"));
    assert_eq!(stage.forge().apply(&stage.proposal("1.1.0", None)).await.unwrap(), Applied::Created);
}

#[tokio::test]
async fn a_tag_is_made_once_and_never_moved() {
    let stage = stage().await;
    let at = |sha: &str| Action::Tag { tag: TagName::parse("api/v1.1.0").unwrap(), at: Sha::parse(sha).unwrap() };
    let first = stage.repo.head("main").unwrap();
    assert_eq!(stage.forge().apply(&at(&first)).await.unwrap(), Applied::Created);
    assert_eq!(stage.forge().apply(&at(&first)).await.unwrap(), Applied::Unchanged);
    let second = stage.commit("fix: x", "x");
    let error = stage.forge().apply(&at(&second)).await.unwrap_err().to_string();
    assert!(error.contains("delete it, or release another version"), "{error}");
}

#[tokio::test]
async fn the_messages_of_each_way_to_merge_are_told_as_github_writes_them() {
    let stage = stage().await;
    stage.repo.branch("feature/login", "main").unwrap();
    for message in ["feat: login", "fix: typo\n\nBody."] {
        stage.repo.commit("feature/login", "dana", message, &[("login", message)]).unwrap();
    }
    let number = stage.repo.open("dana", "feature/login", "main", "feat: all of it").unwrap();
    let merging = stage.forge().merging(Number(number)).await.unwrap().unwrap();
    let methods: Vec<_> = merging.methods.iter().map(|(method, _)| *method).collect();
    assert_eq!(methods, [MergeMethod::Merge, MergeMethod::Squash, MergeMethod::Rebase]);
    let sha = stage.repo.merge(number, "max", Merge::Squash).unwrap();
    let line = stage.line().await;
    let landed = line.window.commits.iter().find(|commit| commit.sha.as_str() == sha).unwrap();
    assert_eq!(merging.methods[1].1, [landed.message.trim_end().to_owned()]);
    assert_eq!(merging.methods[0].1[2], format!("Merge pull request #{number} from acme/feature/login\n\nfeat: all of it"));
    assert_eq!(stage.forge().merging(Number(99)).await.unwrap(), None);
}

#[tokio::test]
async fn people_have_the_roles_that_they_were_given_and_are_new_once() {
    let stage = stage().await;
    let user = |name: &str| UserName::parse(name).unwrap();
    stage.repo.grant("max", Granted::Maintain).unwrap();
    assert_eq!(stage.forge().role(&user("max")).await.unwrap(), Role::Maintain);
    assert_eq!(stage.forge().role(&user("nobody-here")).await.unwrap(), Role::None);
    stage.repo.grant("wen", Granted::Write).unwrap();
    let holders = async |role| stage.forge().holders(role).await.unwrap().into_iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>();
    assert!(holders(Role::Write).await.contains(&"wen".to_owned()));
    assert!(holders(Role::Maintain).await.contains(&"max".to_owned()) && !holders(Role::Maintain).await.contains(&"wen".to_owned()));
    for (author, name) in [("dana", "a"), ("dana", "b"), ("eve", "c")] {
        stage.repo.branch(name, "main").unwrap();
        stage.repo.commit(name, author, name, &[(name, name)]).unwrap();
        let number = stage.repo.open(author, name, "main", name).unwrap();
        stage.repo.merge(number, "max", Merge::Squash).unwrap();
    }
    stage.calls();
    let authors = BTreeMap::from([("dana".to_owned(), vec![Number(2)]), ("eve".to_owned(), vec![Number(3)])]);
    assert_eq!(stage.forge().newcomers(&authors).await.unwrap(), ["eve"]);
    assert_eq!(stage.calls(), ["POST /graphql"]);
}

#[tokio::test]
async fn a_query_is_sent_again_and_a_rate_limit_is_told() {
    let stage = stage().await;
    let graphql = || Matching::Calls { method: "POST".to_owned(), path_contains: "graphql".to_owned() };
    stage.sandbox.inject(Fault { on: graphql(), effect: Effect::BadGateway, times: 2 });
    stage.line().await;
    stage.sandbox.inject(Fault { on: graphql(), effect: Effect::PrimaryRateLimit { reset_in: 90 }, times: 1 });
    let error = stage.forge().line(&wanted()).await.unwrap_err();
    assert!(matches!(error, ForgeError::RateLimited { after, .. } if after.as_secs() > 60), "{error}");
}
