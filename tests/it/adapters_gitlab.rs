//! What the GitLab adapter reads and writes, call by call: the journeys show what is made of it.

mod details;
mod porting;
mod progress;
mod pushes;
mod running;
mod writes;

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;
use serde_json::json;
use slipway::domain::event::{ForgeKind, Repository};
use slipway::domain::facts::{Line, Lines, MergeMethod, Merging, Newcomers, Paths, Ref, Role, State, TagsWanted, Wanted};
use slipway::domain::history::Tagged;
use slipway::domain::names::{BranchName, Number, RepoPath, Sha, TagName, UserName};
use slipway::domain::plan::{Action, Propose};
use slipway::domain::version::{Scheme, TagTemplate};
use slipway::forge::error::Remedy;
use slipway::forge::gitlab::{GitLab, GitlabProject};
use slipway::forge::{Applied, Forge};
use slipway::sandbox::{Kind, Merge, MergeMethod as Rule, MergeRules, RepoHandle, Sandbox, SquashOption};

use crate::servers::{Server, gitlab, ok};
use crate::support::options;

const BRANCH: &str = "slipway/release/main";

/// The project `acme/app` of a sandbox, and a bot that knows nothing of it yet.
struct Lab {
    sandbox: Sandbox,
    app: RepoHandle,
    bot: GitLab,
    repository: Repository,
}

impl Lab {
    async fn new() -> Self {
        let sandbox = Sandbox::start(options()).await.unwrap();
        let app = sandbox.repository(Kind::GitLab, "acme/app", &[("VERSION", "1.0.0\n")]).unwrap();
        app.tag("v1.0.0", "main").unwrap();
        let bot = gitlab(&sandbox.gitlab_url(), &sandbox.secrets().gitlab_token);
        let path = RepoPath::parse("acme/app").unwrap();
        let default_branch = Some(branch("main"));
        let repository = Repository { forge: ForgeKind::GitLab, id: app.id(), path, default_branch, tenant: None };
        Self { sandbox, app, bot, repository }
    }

    /// As for a new event.
    fn project(&self) -> GitlabProject<'_> {
        self.bot.project(&self.repository)
    }

    async fn line(&self, wanted: &Wanted) -> Line {
        self.project().line(wanted).await.unwrap().unwrap()
    }

    async fn apply(&self, action: Action<String>) -> Applied {
        self.project().apply(&action).await.unwrap()
    }

    /// The calls since this was last asked, as `GET /commits`.
    fn calls(&self) -> Vec<String> {
        let calls = self.sandbox.calls();
        self.sandbox.forget_calls();
        let below = |path: &str| path.split("acme%2Fapp").nth(1).unwrap_or(path).to_owned();
        calls.iter().map(|call| format!("{} {}", call.method, below(&call.path))).collect()
    }

    /// A request of Dana's with two commits, of which only the second has a body.
    fn request(&self) -> u64 {
        self.app.branch("feat/x", "main").unwrap();
        self.app.commit("feat/x", "dana", "feat: x", &[("x", "1")]).unwrap();
        self.app.commit("feat/x", "finn", "fix: y\n\nIt broke.", &[("y", "1")]).unwrap();
        self.app.open("dana", "feat/x", "main", "feat: add x and y").unwrap()
    }

    fn main(&self) -> Sha {
        Sha::parse(&self.app.head("main").unwrap()).unwrap()
    }

    async fn proposal(&self, onto: Sha, files: &[(&str, &str)]) -> Propose<String> {
        let mut line = self.line(&wanted(main_branch())).await;
        let seen = line.proposals.remove(&branch(BRANCH)).filter(|seen| seen.state == State::Open);
        let existing = line.files.into_keys().collect();
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        let (title, body) = ("chore: release 1.1.0".to_owned(), "### Features\n/close".to_owned());
        Propose { branch: branch(BRANCH), base: branch("main"), onto, title, releases: Vec::new(), body, files, existing, seen }
    }
}

fn main_branch() -> Ref {
    Ref::Branch(branch("main"))
}

fn branch(name: &str) -> BranchName {
    BranchName::parse(name).unwrap()
}

fn tag(name: &str) -> TagName {
    TagName::parse(name).unwrap()
}

fn wanted(at: Ref) -> Wanted {
    let template = TagTemplate { prefix: "v".to_owned(), scheme: Scheme::Semantic };
    Wanted {
        at,
        tags: BTreeSet::from([TagsWanted { template, below: None, lines: Lines::Own }]),
        files: BTreeSet::from(["VERSION".to_owned(), "CHANGELOG.md".to_owned()]),
        proposals: BTreeSet::from([None]),
        paths: Paths::Unneeded,
        newcomers: Newcomers::Unneeded,
        standing: None,
        limit: 500,
    }
}

fn subjects(line: &Line) -> Vec<&str> {
    line.window.commits.iter().map(|commit| commit.message.lines().next().unwrap_or_default()).collect()
}

#[tokio::test]
async fn a_line_is_read_in_a_handful_of_calls() {
    let lab = Lab::new().await;
    let number = lab.request();
    lab.app.describe(number, "Closes #3 and acme/app#4.").unwrap();
    lab.app.merge(number, "maya", Merge::MergeCommit).unwrap();
    lab.calls();
    let line = lab.line(&wanted(main_branch())).await;
    let mut calls = lab.calls();
    calls.sort();
    let files = ["GET /repository/files/CHANGELOG.md", "GET /repository/files/VERSION"];
    assert_eq!(calls, [&["GET /merge_requests", "GET /repository/commits"], &files[..], &["GET /repository/tags"]].concat());
    assert_eq!(subjects(&line), ["Merge branch 'feat/x' into 'main'", "fix: y", "feat: x", "chore: start"]);
    assert_eq!((line.name.as_str(), &line.window.head, line.window.whole), ("main", &lab.main(), true));
    assert_eq!(line.window.commits[1].author.name, "finn");
    assert_eq!(line.window.commits[0].parents.len(), 2);
    assert_eq!(line.window.tags[0].commit, line.window.commits[3].sha);
    assert_eq!(line.files, BTreeMap::from([("VERSION".to_owned(), "1.0.0\n".to_owned())]));
    let request = &line.window.requests[0];
    assert_eq!((request.number, request.label.as_str(), request.author.as_deref()), (Number(1), "!1", Some("dana")));
    assert_eq!((&request.commits, &request.closes), (&vec![lab.main()], &vec![Number(3), Number(4)]));
    assert_eq!(line.links.compare, format!("{}/acme/app/-/compare/", lab.sandbox.gitlab_url()));
}

#[tokio::test]
async fn a_tag_is_a_line_as_well_and_what_is_missing_is_none() {
    let lab = Lab::new().await;
    lab.app.commit("main", "dana", "feat: later", &[("z", "1")]).unwrap();
    assert_eq!(subjects(&lab.line(&wanted(Ref::Tag(tag("v1.0.0")))).await), ["chore: start"]);
    for at in [Ref::Tag(tag("v9.0.0")), Ref::Branch(branch("gone"))] {
        assert_eq!(lab.project().line(&wanted(at)).await.unwrap(), None);
    }
}

#[tokio::test]
async fn every_way_to_merge_attaches_its_request() {
    for (method, how, attached) in [
        (Rule::Merge, Merge::Squash, vec!["Merge branch 'feat/x' into 'main'", "feat: add x and y"]),
        (Rule::RebaseMerge, Merge::MergeCommit, vec!["Merge branch 'feat/x' into 'main'"]),
        (Rule::FastForward, Merge::Squash, vec!["feat: add x and y"]),
        (Rule::FastForward, Merge::Rebase, vec!["fix: y"]),
    ] {
        let lab = Lab::new().await;
        let number = lab.request();
        lab.app.commit("main", "maya", "docs: words", &[("words", "1")]).unwrap();
        lab.app.set_merge_rules(MergeRules { method, ..MergeRules::default() }).unwrap();
        lab.app.merge(number, "maya", how).unwrap();
        let line = lab.line(&wanted(main_branch())).await;
        let of_request = &line.window.requests[0].commits;
        let commits = line.window.commits.iter().filter(|commit| of_request.contains(&commit.sha));
        let found: Vec<_> = commits.map(|commit| commit.message.lines().next().unwrap()).collect();
        assert_eq!(found, attached, "{method:?} {how:?}");
    }
}

#[tokio::test]
async fn a_request_into_another_branch_is_found_by_the_merge_commit_that_names_it() {
    let lab = Lab::new().await;
    lab.app.branch("develop", "main").unwrap();
    lab.app.branch("feat/x", "develop").unwrap();
    lab.app.commit("feat/x", "dana", "feat: x", &[("x", "1")]).unwrap();
    let number = lab.app.open("dana", "feat/x", "develop", "feat: x").unwrap();
    lab.app.merge(number, "maya", Merge::MergeCommit).unwrap();
    let number = lab.app.open("maya", "develop", "main", "Deliver").unwrap();
    lab.app.merge(number, "maya", Merge::MergeCommit).unwrap();
    let line = lab.line(&wanted(main_branch())).await;
    assert_eq!(line.window.requests.iter().map(|request| request.number.0).collect::<Vec<_>>(), [1, 2]);
}

#[tokio::test]
async fn what_busier_requests_hide_is_asked_for() {
    let lab = Lab::new().await;
    let propose = lab.proposal(lab.main(), &[("VERSION", "1.1.0\n")]).await;
    lab.apply(Action::Propose(Box::new(propose))).await;
    let merged = lab.request();
    lab.app.set_merge_rules(MergeRules { method: Rule::FastForward, ..MergeRules::default() }).unwrap();
    lab.app.merge(merged, "maya", Merge::Squash).unwrap();
    for number in 0..100 {
        let name = format!("busy/{number}");
        lab.app.branch(&name, "main").unwrap();
        lab.app.open("dana", &name, "main", "chore: busy").unwrap();
    }
    lab.calls();
    let line = lab.line(&wanted(main_branch())).await;
    assert_eq!(lab.calls().iter().filter(|call| call.ends_with("/merge_requests")).count(), 3);
    assert_eq!(line.window.requests.iter().map(|request| request.number.0).collect::<Vec<_>>(), [merged]);
    assert_eq!(line.proposals[&branch(BRANCH)].state, State::Open);
}

#[tokio::test]
async fn tags_are_read_on_only_while_none_may_be_counted_from() {
    let lab = Lab::new().await;
    for number in 0..130 {
        lab.app.lightweight_tag(&format!("v2.{number}.0"), "main").unwrap();
    }
    lab.calls();
    for (below, pages, expected) in [(None, 1, 100), (Some(Version::new(2, 0, 0)), 2, 131)] {
        let tags = wanted(main_branch()).tags.into_iter().map(|tags| TagsWanted { below: below.clone(), ..tags }).collect();
        let line = lab.line(&Wanted { tags, ..wanted(main_branch()) }).await;
        assert_eq!(line.window.tags.len(), expected);
        assert_eq!(lab.calls().iter().filter(|call| call.ends_with("/tags")).count(), pages);
    }
}

#[tokio::test]
async fn older_pages_follow_without_reading_anything_twice() {
    let lab = Lab::new().await;
    for number in 0..230 {
        lab.app.commit("main", "dana", &format!("fix: {number}"), &[("n", &number.to_string())]).unwrap();
    }
    lab.calls();
    let wanted = wanted(main_branch());
    let project = lab.project();
    let mut line = project.line(&wanted).await.unwrap().unwrap();
    assert_eq!((line.window.commits.len(), line.window.whole), (100, false));
    lab.app.commit("main", "dana", "fix: meanwhile", &[("n", "x")]).unwrap();
    lab.calls();
    for (commits, whole) in [(200, false), (231, true)] {
        project.older(&wanted, &mut line).await.unwrap();
        assert_eq!((line.window.commits.len(), line.window.whole), (commits, whole));
        assert_eq!(lab.calls(), ["GET /repository/commits"]);
    }
    assert_eq!(subjects(&line)[230], "chore: start");
}

#[tokio::test]
async fn a_range_is_read_exactly() {
    let lab = Lab::new().await;
    lab.app.branch("side", "main").unwrap();
    lab.app.commit("side", "dana", "feat: on the side", &[("side", "1")]).unwrap();
    for number in 0..120 {
        lab.app.commit("main", "dana", &format!("fix: {number}"), &[("n", &number.to_string())]).unwrap();
    }
    lab.app.tag("v1.1.0", "main").unwrap();
    let number = lab.app.open("dana", "side", "main", "feat: on the side").unwrap();
    lab.app.merge(number, "maya", Merge::MergeCommit).unwrap();
    let wanted = wanted(main_branch());
    let project = lab.project();
    let mut line = project.line(&wanted).await.unwrap().unwrap();
    let tagged: Tagged = line.window.tags.iter().find(|tagged| tagged.tag == tag("v1.1.0")).unwrap().clone();
    assert!(!subjects(&line).contains(&"feat: on the side"));
    lab.calls();
    project.since(&wanted, &mut line, &tagged).await.unwrap();
    assert_eq!(lab.calls(), ["GET /repository/commits"]);
    assert_eq!(subjects(&line).into_iter().filter(|subject| *subject == "feat: on the side").count(), 1);
    assert_eq!((line.window.commits.len(), &line.window.complete_since), (101, &vec![tagged.commit]));
}

#[tokio::test]
async fn paths_are_asked_for_once_and_for_what_is_new_only() {
    let lab = Lab::new().await;
    let number = lab.request();
    lab.app.merge(number, "maya", Merge::MergeCommit).unwrap();
    let wanted = Wanted { paths: Paths::Wanted, ..wanted(main_branch()) };
    let diffs = |lab: &Lab| lab.calls().iter().filter(|call| call.ends_with("/diff")).count();
    lab.calls();
    let line = lab.line(&wanted).await;
    let files = line.window.commits.iter().map(|commit| commit.files.clone()).collect::<Vec<_>>();
    let one = |path: &str| Some(vec![path.to_owned()]);
    assert_eq!(files, [Some(Vec::new()), one("y"), one("x"), None]);
    assert_eq!(diffs(&lab), 2);
    assert_eq!(lab.line(&wanted).await.window.commits, line.window.commits);
    assert_eq!(diffs(&lab), 0);
}

#[tokio::test]
async fn a_file_that_is_no_text_is_named() {
    let sha = "1".repeat(40);
    let server = Server::start(move |asked| {
        ok(&match asked.path.rsplit('/').next() {
            Some("commits") => {
                json!([{"id": sha, "parent_ids": [], "message": "feat: x", "committed_date": "2026-01-05T09:00:00.000+01:00"}])
            }
            Some("VERSION") => json!({"blob_id": "c0ffee", "content": "/w=="}),
            _ => json!([]),
        })
    })
    .await;
    let (bot, repository) = (server.gitlab("token"), crate::servers::repository(ForgeKind::GitLab, 1));
    let wanted = Wanted { files: BTreeSet::from(["VERSION".to_owned()]), ..wanted(Ref::Branch(branch("main"))) };
    let error = bot.project(&repository).line(&wanted).await.unwrap_err();
    assert_eq!(error.to_string(), "VERSION at 1111111111: it is not text in UTF-8");
    assert_eq!(error.remedy(), Remedy::GiveUp, "asking again would not make it a text");
}

#[tokio::test]
async fn merging_follows_the_projects_settings() {
    let lab = Lab::new().await;
    let number = Number(lab.request());
    let commits = || vec!["feat: x".to_owned(), "fix: y\n\nIt broke.".to_owned()];
    let squash = "feat: add x and y".to_owned();
    let merge = "Merge branch 'feat/x' into 'main'\n\nfeat: add x and y\n\nSee merge request acme/app!1".to_owned();
    let merged = || (MergeMethod::Merge, [commits(), vec![merge.clone()]].concat());
    let squashed = || (MergeMethod::Squash, vec![squash.clone(), merge.clone()]);
    for (method, option, expected) in [
        (Rule::Merge, SquashOption::DefaultOff, vec![merged(), squashed()]),
        (Rule::RebaseMerge, SquashOption::Never, vec![merged()]),
        (Rule::Merge, SquashOption::Always, vec![squashed()]),
        (Rule::FastForward, SquashOption::Never, vec![(MergeMethod::Rebase, commits())]),
        (Rule::FastForward, SquashOption::Always, vec![(MergeMethod::Squash, vec![squash.clone()])]),
    ] {
        lab.app.set_merge_rules(MergeRules { method, squash: option, ..MergeRules::default() }).unwrap();
        assert_eq!(lab.project().merging(number).await.unwrap(), Some(Merging { methods: expected }), "{method:?} {option:?}");
    }
    let squash_template = Some("%{title} (%{local_reference})".to_owned());
    lab.app
        .set_merge_rules(MergeRules { method: Rule::FastForward, squash: SquashOption::Always, squash_template, ..MergeRules::default() })
        .unwrap();
    let methods = lab.project().merging(number).await.unwrap().unwrap().methods;
    assert_eq!(methods[0].1, ["feat: add x and y (!1)"]);
    assert_eq!(lab.project().merging(Number(9)).await.unwrap(), None);
}

#[tokio::test]
async fn roles_and_newcomers_are_looked_up() {
    use slipway::sandbox::Role as Grant;
    let lab = Lab::new().await;
    for (name, grant, role) in
        [("max", Grant::Maintain, Role::Maintain), ("tia", Grant::Triage, Role::Triage), ("wen", Grant::Write, Role::Write)]
    {
        lab.app.grant(name, grant).unwrap();
        assert_eq!(lab.project().role(&UserName::parse(name).unwrap()).await.unwrap(), role);
    }
    let first = lab.request();
    lab.app.merge(first, "max", Merge::Squash).unwrap();
    lab.sandbox.forget_calls();
    assert_eq!(lab.project().role(&UserName::parse("nobody").unwrap()).await.unwrap(), Role::None);
    assert_eq!(lab.project().role(&UserName::parse("we").unwrap()).await.unwrap(), Role::None, "it is only part of a name");
    assert_eq!(lab.sandbox.calls().len(), 2);
    let holders = lab.project().holders(Role::Maintain).await.unwrap();
    assert!(
        holders.contains(&(UserName::parse("max").unwrap(), Role::Maintain)) && holders.iter().all(|(_, role)| *role >= Role::Maintain)
    );
    lab.app.branch("fix/z", "main").unwrap();
    lab.app.commit("fix/z", "dana", "fix: z", &[("z", "1")]).unwrap();
    let second = lab.app.open("dana", "fix/z", "main", "fix: z").unwrap();
    lab.app.merge(second, "max", Merge::Squash).unwrap();
    let newcomers = async |number| lab.project().newcomers(&BTreeMap::from([("dana".to_owned(), vec![Number(number)])])).await.unwrap();
    assert_eq!((newcomers(first).await, newcomers(second).await), (vec!["dana".to_owned()], Vec::new()));
}
