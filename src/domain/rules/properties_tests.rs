//! For any policy and any change request, each rule in force gives one verdict, with a reason and, where it is broken, a remedy; and
//! what one file asks for is not answered with what the other one does.

use std::collections::{BTreeMap, BTreeSet};

use proptest::array::uniform2;
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use toml::{Table, Value};

use super::tests::me;
use super::*;
use crate::domain::config::{ConfigFile, ConfigFiles, Configuration};
use crate::domain::facts::{Approval, Asked, FileChange, Head, Known, MergeMethod, Merging, Owed, Readiness, Role, State, Unmerged};
use crate::domain::names::{BranchName, Moment, Number, RepoPath, Sha, UserName};

/// Options beside each rule's example, in which they are as people would write them.
const VARIANTS: [&str; 12] = [
    "[[rules.base_branch.allow]]\ninto = '*'\nexcept = ['a', 'main']",
    "[rules.branch_name]\nallow = []\nforks = 'judged'",
    "[rules.conventional_title]\ntypes = []\nscopes = []",
    "[rules.conventional_commits]\ntypes = []\nscopes = ['api']",
    "[rules.no_fixup]\nwords = ['', 'é']",
    "[rules.linked_issue]\npatterns = ['']",
    "[rules.labels]\nall_of = ['a*']\nany_of = ['b']\nnone_of = ['**']",
    "[rules.size]\nfiles = 0\nlines = 0\nexcept = []",
    "[rules.up_to_date]\nmax_age = '0h'",
    "[rules.upstream_first]\nbranches = ['**']\nlabel = 'a'\nwho = 'write'",
    "[rules.back_merge]\nwithin = '0h'",
    "[[rules.paths.require]]\npaths = ['**']\nlabel = 'a'\nteam = 'a/b'\napprovals = 3",
];

/// Rules whose facts go by what their options name, which two files may name differently.
const NAMED: [&str; 4] = [
    "[rules.back_merge]",
    "[rules.back_merge]\nto = 'a'\nwithin = '0h'",
    "[rules.backports]",
    "[rules.backports]\nlabel = 'port {branch}'",
];

fn examples() -> Vec<&'static str> {
    RULES.iter().map(|rule| rule.example).chain(VARIANTS).collect()
}

/// A file that turns some rules on, with some options and modes.
fn file(examples: Vec<&'static str>) -> impl Strategy<Value = String> {
    let one = (select(examples), select(vec!["", "off", "observe", "advise", "enforce"]));
    (vec(one, 0..12), select(vec!["off", "observe", "advise", "enforce"])).prop_map(|(parts, mode)| {
        let mut rules = Table::new();
        for (example, mode) in parts {
            let part: Table = toml::from_str::<Table>(example).unwrap()["rules"].as_table().unwrap().clone();
            for (name, mut options) in part {
                if !mode.is_empty() {
                    options.as_table_mut().unwrap().insert("mode".into(), mode.into());
                }
                rules.insert(name, options);
            }
        }
        toml::to_string(&Table::from_iter([("mode".to_owned(), mode.into()), ("rules".to_owned(), Value::Table(rules))])).unwrap()
    })
}

fn config(examples: Vec<&'static str>) -> impl Strategy<Value = Config> {
    (file(examples.clone()), option::of(file(examples))).prop_map(|(own, organisation)| {
        let file = |text: String| ConfigFile { path: "slipway.toml".into(), version: "c0ffee".into(), text };
        match Configuration::read(ConfigFiles { own: Some(file(own)), organisation: organisation.map(file) }) {
            Configuration::Loaded { config, .. } => *config,
            other => panic!("{other:?}"),
        }
    })
}

fn sha() -> impl Strategy<Value = Sha> {
    select(vec!['1', '2', '3']).prop_map(|digit| Sha::parse(&digit.to_string().repeat(40)).unwrap())
}

fn user() -> impl Strategy<Value = UserName> {
    select(vec!["ann", "bob", "dana", "slipway[bot]"]).prop_map(|name| UserName::parse(name).unwrap())
}

fn branch() -> impl Strategy<Value = BranchName> {
    let names = vec!["a", "main", "develop", "feature/é", "release/1.2", "slipway/release/main"];
    select(names).prop_map(|name| BranchName::parse(name).unwrap())
}

fn text() -> impl Strategy<Value = String> {
    let picked = format!("fix: a\n\n(cherry picked from commit {})", "2".repeat(40));
    let known = ["", "feat: a", "fixup! a", "Wip", "feat(é)!: #1 <!--", "Merge branch 'a'", "\n\n", &picked].map(str::to_owned);
    prop_oneof![select(known.to_vec()), any::<String>()]
}

fn cut<T: std::fmt::Debug>(items: impl Strategy<Value = T>) -> impl Strategy<Value = Listed<T>> {
    (vec(items, 0..4), any::<bool>()).prop_map(|(items, cut)| Listed { items, cut })
}

fn request() -> impl Strategy<Value = ChangeRequest> {
    let fork = || Origin::Fork(RepoPath::parse("eve/app").unwrap());
    let origin = select(vec![Origin::SameRepository, fork(), Origin::Gone]);
    let readiness = select(vec![Readiness::Ready, Readiness::Draft]);
    let head = (branch(), sha(), origin).prop_map(|(branch, sha, origin)| Head { branch, sha, origin });
    let labels = btree_set(select(vec!["a", "b", "kind/x", "é", ""]), 0..3);
    (text(), text(), user(), head, branch(), labels, readiness, any::<i64>()).prop_map(
        |(title, body, author, head, base, labels, readiness, created_at)| ChangeRequest {
            number: Number(1),
            labels: labels.into_iter().map(str::to_owned).collect(),
            state: State::Open,
            landed: None,
            created_at: Moment(created_at),
            updated_at: Moment(100),
            details: Known::default(),
            ..ChangeRequest { title, body, author, readiness, head, base, ..super::tests::request("a", "main", "") }
        },
    )
}

/// Everything that could be answered, from which only what is asked for is taken.
#[derive(Debug, Clone)]
struct Answers {
    commits: Listed<Commit>,
    files: Listed<FileChange>,
    approvals: Vec<Approval>,
    behind: u64,
    role: Role,
    by: UserName,
    members: BTreeSet<UserName>,
    shas: BTreeSet<Sha>,
    /// One for `develop`, one for any other branch.
    unmerged: [Option<Unmerged>; 2],
    /// One for the usual label, one for any other.
    owed: [Vec<Owed>; 2],
    merging: Option<Merging>,
    overrides: BTreeSet<&'static str>,
}

fn answers() -> impl Strategy<Value = Answers> {
    let commit = (sha(), text(), 0..3_usize, text());
    let commit =
        commit.prop_map(|(sha, message, parents, author_name)| Commit { sha, parents, author_name, ..super::tests::commit(&message) });
    let file = (text(), option::of(text()), any::<u64>(), any::<u64>());
    let file = file.prop_map(|(path, previous, added, removed)| FileChange { path, previous, added, removed });
    let approval = (user(), option::of(sha())).prop_map(|(by, on)| Approval { by, on });
    let unmerged = (any::<u64>(), any::<i64>()).prop_map(|(commits, oldest)| Unmerged { commits, oldest: Moment(oldest) });
    let owed = (any::<u64>(), any::<bool>()).prop_map(|(number, there)| Owed { number: Number(number), title: String::new(), there });
    let method = (select(vec![MergeMethod::Merge, MergeMethod::Squash, MergeMethod::Rebase]), vec(text(), 0..3));
    let merging = option::of(vec(method, 0..3).prop_map(|methods| Merging { methods }));
    let role = select(vec![Role::None, Role::Triage, Role::Write, Role::Maintain]);
    let names: Vec<_> = RULES.iter().map(|rule| rule.name).collect();
    let lists = (cut(commit), cut(file), vec(approval, 0..4), btree_set(user(), 0..3), btree_set(sha(), 0..3));
    let others =
        (any::<u64>(), role, user(), uniform2(option::of(unmerged)), uniform2(vec(owed, 0..3)), merging, btree_set(select(names), 0..3));
    (lists, others).prop_map(|((commits, files, approvals, members, shas), (behind, role, by, unmerged, owed, merging, overrides))| {
        Answers { commits, files, approvals, behind, role, by, members, shas, unmerged, owed, merging, overrides }
    })
}

/// Answers what is asked for, and nothing else: reading anything else panics.
fn answer(details: &Details, answers: &Answers, request: &mut ChangeRequest, facts: &mut Facts) {
    let known = &mut request.details;
    for detail in details {
        match detail {
            Detail::Config => known.config = Asked::Answered(None),
            Detail::Overrides => {
                let by = Override { by: answers.by.clone(), reason: "é".into() };
                let overrides = answers.overrides.iter().map(|rule| ((*rule).to_owned(), by.clone())).collect();
                known.overrides = Asked::Answered(overrides);
            }
            Detail::Commits => known.commits = Asked::Answered(answers.commits.clone()),
            Detail::Files => known.files = Asked::Answered(answers.files.clone()),
            Detail::Approvals => known.approvals = Asked::Answered(answers.approvals.clone()),
            Detail::Behind => known.behind = Asked::Answered(answers.behind),
            Detail::Merging => facts.merging = Asked::Answered(answers.merging.clone()),
            Detail::Setter(label) => {
                let set = request.labels.contains(label).then(|| (label.clone(), (answers.by.clone(), answers.role)));
                insert(&mut known.setters, set);
            }
            Detail::Team(team) => insert(&mut known.teams, Some((team.clone(), answers.members.clone()))),
            Detail::Upstream(branch) => insert(&mut known.upstream, Some((branch.clone(), answers.shas.clone()))),
            Detail::Unmerged { from, to } => {
                let [into_develop, other] = answers.unmerged.clone();
                let found = if *to == BranchName::develop() { into_develop } else { other };
                insert(&mut known.unmerged, found.map(|found| ((from.clone(), to.clone()), found)));
            }
            Detail::Backports { label } => {
                let [usual, other] = answers.owed.clone();
                insert(&mut known.backports, Some((label.clone(), if label.starts_with("back") { usual } else { other })));
            }
        }
    }
}

fn insert<K: Ord, V>(map: &mut Asked<BTreeMap<K, V>>, entry: Option<(K, V)>) {
    let mut known = match std::mem::take(map) {
        Asked::Answered(known) => known,
        Asked::Never => BTreeMap::new(),
    };
    known.extend(entry);
    *map = Asked::Answered(known);
}

proptest! {
    #[test]
    fn each_rule_in_force_gives_one_verdict_that_says_why_and_what_to_do(
        config in config(examples()), mut request in request(), answers in answers(), now in any::<i64>(),
    ) {
        let mut facts = Facts { now: Moment(now), me: Asked::Answered(me()), ..Facts::default() };
        answer(&needs(&config), &answers, &mut request, &mut facts);
        let verdicts = judge(&config, &request, &facts);
        let in_force = |rule: &&Rule| config.layers().any(|layer| layer.mode_of(rule.name).is_some_and(|mode| mode != Mode::Off));
        let wanted: Vec<_> = RULES.iter().filter(in_force).map(|rule| rule.name).collect();
        prop_assert_eq!(verdicts.iter().map(|verdict| verdict.rule).collect::<Vec<_>>(), wanted);
        for verdict in &verdicts {
            let said = match &verdict.finding {
                Finding::Holds { why } => !why.is_empty(),
                Finding::Broken { why, remedy } => !why.is_empty() && !remedy.is_empty(),
            };
            prop_assert!(said && verdict.mode != Mode::Off, "{:?}", verdict);
        }
    }

    #[test]
    fn each_file_is_judged_by_the_answers_to_what_it_asks_itself(
        config in config(NAMED.to_vec()), mut request in request(), answers in answers(), own in any::<bool>(),
    ) {
        // Hardly any request is into the branch that they name, or a release of Slipway's own, by chance.
        request.base = BranchName::main();
        if own {
            (request.author, request.head.origin) = (me(), Origin::SameRepository);
            request.head.branch = BranchName::parse("slipway/release/main").unwrap();
        }
        let mut facts = Facts { now: Moment(200), me: Asked::Answered(me()), ..Facts::default() };
        let mut whole = request.clone();
        answer(&needs(&config), &answers, &mut whole, &mut facts);
        for rule in RULES {
            let alone = config.layers().filter_map(|layer| {
                let mut request = request.clone();
                let overrides = Details::from([Detail::Overrides]);
                let asked = &(rule.needs)(&layer.rules) | &overrides;
                answer(&asked, &answers, &mut request, &mut facts);
                verdict(rule, &Config { floor: None, ..layer.clone() }, &request, &facts)
            });
            let weight = |verdict: &Verdict| (matches!(verdict.finding, Finding::Broken { .. }), verdict.mode);
            let worst = alone.reduce(|first, next| if weight(&next) > weight(&first) { next } else { first });
            prop_assert_eq!(verdict(rule, &config, &whole, &facts), worst);
        }
    }

    #[test]
    fn what_a_rule_does_not_say_that_it_reads_changes_nothing(
        config in config(examples()), mut request in request(), other in request(), answers in answers(), now in any::<i64>(),
    ) {
        let mut facts = Facts { now: Moment(now), me: Asked::Answered(me()), ..Facts::default() };
        answer(&needs(&config), &answers, &mut request, &mut facts);
        for rule in RULES {
            let mut changed = request.clone();
            PARTS.iter().filter(|part| !rule.reads.contains(part)).for_each(|part| replace(*part, &mut changed, &other));
            // What a file switches off it does not ask about either.
            let in_force = |layer: &&Config| layer.mode_of(rule.name).is_some_and(|mode| mode != Mode::Off);
            let of_layer = |request: &ChangeRequest| -> Vec<_> {
                config.layers().filter(in_force).map(|layer| (rule.judge)(&layer.rules, request, &facts)).collect()
            };
            prop_assert_eq!(of_layer(&request), of_layer(&changed), "{}", rule.name);
        }
    }
}

const PARTS: [Part; 6] = [Part::Title, Part::Description, Part::Head, Part::Author, Part::Labels, Part::Age];

/// Takes a part from another change request.
fn replace(part: Part, request: &mut ChangeRequest, other: &ChangeRequest) {
    match part {
        Part::Title => request.title.clone_from(&other.title),
        Part::Description => request.body.clone_from(&other.body),
        Part::Head => request.head = other.head.clone(),
        Part::Author => request.author = other.author.clone(),
        Part::Labels => request.labels.clone_from(&other.labels),
        Part::Age => request.created_at = other.created_at,
    }
}
