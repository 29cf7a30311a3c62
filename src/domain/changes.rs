//! What a range of commits tells, one change at a time: a change request that was merged by whatever method is told once, and what
//! was taken back before it was released is not told at all. Nothing gets lost: what is not told has a reason.

mod leave_out;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use foldhash::{HashMap, HashMapExt as _};

use super::commit::{self, Message, Reading, Revert};
use super::convention::Convention;
use super::history::{Commit, Graph, Landing, MergedRequest, Range};
use super::names::{Sha, TagName};
use super::release;

/// One change, as its own words tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where it is in the window, for its author and files.
    pub commit: usize,
    /// In lower case: types are not case-sensitive. Empty where no convention was kept and the repository lists such changes.
    pub kind: String,
    pub scope: Option<String>,
    pub description: String,
    pub breaking: Option<String>,
    /// The issues that it names and the change request that it came through, as people write them, each once.
    pub references: Vec<String>,
    /// Where in the window's requests the one is that it came through.
    pub request: Option<usize>,
    /// The commits that it speaks for beside its own: their paths say what it touches as well.
    pub brought: Vec<usize>,
}

/// A commit that is not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    pub commit: usize,
    pub sha: Sha,
    pub subject: String,
    pub reason: Reason,
}

/// Why, as the end of a sentence that starts with "it".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    Unread(&'static str),
    /// Of a type that is neither shown nor released.
    Hidden(String),
    Merge,
    /// The commit of a release change request.
    Release,
    /// Its change request's title, or the text in its description, says it better.
    Told,
    Duplicate(Sha),
    TakenBack(Sha),
    TakesBack(Sha),
    /// A version of another line has released it, or a copy of it.
    Elsewhere(TagName),
}

impl Ignored {
    fn new((at, commit): (usize, &Commit), reason: Reason) -> Self {
        let subject = commit.message.trim_start_matches('\u{feff}').trim_start().lines().next().unwrap_or_default().trim_end();
        Self { commit: at, sha: commit.sha.clone(), subject: subject.to_owned(), reason }
    }

    /// Whether it is in the release for all that, itself or in a copy. Of what is told in other words, those words say it.
    pub fn is_released(&self) -> bool {
        matches!(self.reason, Reason::Unread(_) | Reason::Hidden(_) | Reason::Duplicate(_) | Reason::Elsewhere(_))
    }
}

/// A version that a commit's `Release-As` footer asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forced {
    pub commit: usize,
    pub version: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// Oldest first.
    pub changes: Vec<Change>,
    pub ignored: Vec<Ignored>,
    /// Oldest first: the last one holds.
    pub forced: Vec<Forced>,
}

/// Tells what the range holds.
pub fn tell(graph: &Graph, range: &Range, head: usize, convention: &Convention) -> Told {
    let landings = graph.landings(range, head);
    let mut teller = Teller::new(graph, convention);
    teller.voices.reserve(range.commits.len());
    for (number, landing) in landings.iter().enumerate() {
        teller.land(number, landing);
    }
    teller.take_back(graph, &landings);
    teller.tell(graph)
}

/// Whether a commit with this message, by itself, tells nothing, asks for no version and takes nothing back.
pub fn is_silent(message: &str, convention: &Convention) -> bool {
    let message = Message::new(message);
    if commit::release_as(message.text()).is_some() {
        return false;
    }
    match commit::read(&message, convention.bullets) {
        Reading::Unread(_) => convention.unconventional.is_none() && !message.text().starts_with("Merge"),
        Reading::Revert(_) => false,
        Reading::Changes(changes) => {
            changes.iter().all(|change| !convention.counts(&change.header.kind.to_lowercase(), change.breaking.as_deref()))
        }
    }
}

/// A commit that speaks, and whether it still stands.
struct Voice<'w> {
    commit: usize,
    landing: usize,
    request: Option<usize>,
    brought: Vec<usize>,
    text: Message<'w>,
    takes_back: Option<Cancelled>,
    silenced: Option<Reason>,
}

/// What a revert took back within the range: voices, by their number.
#[derive(Default)]
struct Cancelled(Vec<usize>);

struct Teller<'w> {
    convention: &'w Convention,
    commits: &'w [Commit],
    requests: &'w [MergedRequest],
    through: HashMap<&'w Sha, usize>,
    /// Requests whose description has spoken for all their commits.
    spoken_for: HashSet<usize>,
    voices: Vec<Voice<'w>>,
    told: Told,
}

impl<'w> Teller<'w> {
    fn new(graph: &Graph<'w>, convention: &'w Convention) -> Self {
        let requests = &graph.window.requests;
        let through = requests.iter().enumerate().flat_map(|(at, request)| request.commits.iter().map(move |sha| (sha, at))).collect();
        Self {
            convention,
            commits: &graph.window.commits,
            requests,
            through,
            spoken_for: HashSet::new(),
            voices: Vec::new(),
            told: Told::default(),
        }
    }

    fn land(&mut self, number: usize, landing: &Landing) {
        let (commits, tip) = (self.commits, landing.tip);
        let all = || landing.brought.iter().copied().chain([tip]);
        let request = all().rev().find_map(|at| self.through.get(&commits.get(at)?.sha).copied());
        if let Some((request, text)) = request.and_then(|at| Some((at, commit::replacement(&self.requests.get(at)?.body)?))) {
            let first = self.spoken_for.insert(request);
            if first {
                self.speak((tip, number), landing.brought.clone(), Some(request), text);
            }
            all().filter(|at| !first || *at != tip).for_each(|at| self.ignore(at, Reason::Told));
            return;
        }
        let text = |at: usize| commits.get(at).map_or("", |commit| commit.message.as_str());
        let is_merge = |at: usize| commits.get(at).is_some_and(|commit| commit.parents.len() > 1);
        let conventional = |at: usize| !matches!(commit::read(&Message::new(text(at)), self.convention.bullets), Reading::Unread(_));
        let branch_speaks = landing.brought.iter().any(|at| !is_merge(*at) && conventional(*at));
        let tip_speaks = !is_merge(tip) || (!branch_speaks && !landing.brought.is_empty() && conventional(tip));
        for at in all() {
            let for_all = at == tip && !branch_speaks;
            if if at == tip { tip_speaks } else { !is_merge(at) } {
                self.speak((at, number), if for_all { landing.brought.clone() } else { Vec::new() }, request, text(at));
            } else {
                self.ignore(at, Reason::Merge);
            }
        }
    }

    fn speak(&mut self, (commit, landing): (usize, usize), brought: Vec<usize>, request: Option<usize>, text: &'w str) {
        self.voices.push(Voice { commit, landing, brought, request, text: Message::new(text), takes_back: None, silenced: None });
    }

    fn ignore(&mut self, at: usize, reason: Reason) {
        if let Some(commit) = self.commits.get(at) {
            self.told.ignored.push(Ignored::new((at, commit), reason));
        }
    }

    /// Lets reverts and what they take back cancel each other out, oldest first, so that the revert of a revert restores.
    fn take_back(&mut self, graph: &Graph, landings: &[Landing]) {
        let reverting = |(at, voice): (usize, &Voice)| commit::revert(&voice.text).map(|_| at);
        let reverts: Vec<_> = self.voices.iter().enumerate().filter_map(reverting).collect();
        if reverts.is_empty() {
            return;
        }
        let voice_of: HashMap<_, _> = self.voices.iter().enumerate().map(|(at, voice)| (voice.commit, at)).collect();
        for at in reverts {
            let revert = self.voices.get(at).and_then(|voice| {
                let described = voice.request.and_then(|at| self.requests.get(at)).map_or("", |request| request.body.as_str());
                Some(commit::revert(&voice.text)?.or_named_in(described))
            });
            let Some(targets) = revert.map(|revert| self.targets((at, &revert), graph, landings, &voice_of)) else { continue };
            let Some(by) = self.sha(at) else { continue };
            let mut cancelled = Cancelled::default();
            let mut of = None;
            for target in targets {
                of = of.or_else(|| self.sha(target));
                let Some(other) = self.voices.get_mut(target) else { continue };
                other.silenced = Some(Reason::TakenBack(by.clone()));
                let restored = other.takes_back.take().map(|Cancelled(voices)| voices);
                restored.iter().flatten().for_each(|at| self.restore(*at));
                cancelled.0.push(target);
            }
            if let (Some(voice), Some(of)) = (self.voices.get_mut(at), of) {
                voice.silenced = Some(Reason::TakesBack(of));
                voice.takes_back = Some(cancelled);
            }
        }
    }

    fn restore(&mut self, at: usize) {
        if let Some(voice) = self.voices.get_mut(at) {
            voice.silenced = None;
        }
    }

    fn sha(&self, voice: usize) -> Option<Sha> {
        self.voices.get(voice).and_then(|voice| self.commits.get(voice.commit)).map(|commit| commit.sha.clone())
    }

    /// The voices that a revert takes back: by commit or change request where it names one that is known here, else by its words.
    fn targets(
        &self,
        (revert_at, revert): (usize, &Revert),
        graph: &Graph,
        landings: &[Landing],
        voice_of: &HashMap<usize, usize>,
    ) -> Vec<usize> {
        let earlier = || self.voices.iter().enumerate().take(revert_at);
        let mut found: Vec<usize> = Vec::new();
        let mut known = false;
        for commit in revert.commits.iter().filter_map(|prefix| graph.find_short(prefix)) {
            known = true;
            if let Some(own) = voice_of.get(&commit) {
                found.extend(Some(*own).filter(|own| *own < revert_at));
                continue;
            }
            let landing = landings.iter().position(|landing| landing.tip == commit || landing.brought.contains(&commit));
            found.extend(earlier().filter(|(_, voice)| Some(voice.landing) == landing).map(|(at, _)| at));
        }
        for number in &revert.requests {
            let through = |voice: &Voice| {
                let request = voice.request.and_then(|at| self.requests.get(at)).is_some_and(|request| request.number.0 == *number);
                request || commit::numbers(voice.text.subject()).any(|own| own == *number)
            };
            found.extend(earlier().filter(|(_, voice)| through(voice)).map(|(at, _)| at));
        }
        if let Some(of) = revert.of.filter(|_| found.is_empty() && !known) {
            let says = |text: &Message| text.text().starts_with(of) && commit::split_numbers(text.subject()).0 == of;
            found.extend(earlier().rev().find(|(_, voice)| voice.silenced.is_none() && says(&voice.text)).map(|(at, _)| at));
        }
        found
    }

    fn tell(mut self, graph: &Graph) -> Told {
        let voices = std::mem::take(&mut self.voices);
        let mut subjects: HashMap<&str, usize> = HashMap::with_capacity(voices.len());
        for voice in &voices {
            if let Some(reason) = &voice.silenced {
                self.ignore(voice.commit, reason.clone());
                continue;
            }
            let subject = voice.text.subject();
            let duplicate = picked(voice, &voices, graph).or_else(|| {
                // A squash title with its number is told once, although a merge back brought a copy of the commit.
                let numbered = subject.ends_with(')') && commit::numbers(subject).next().is_some();
                numbered.then(|| subjects.insert(subject, voice.commit)).flatten()
            });
            match duplicate.and_then(|at| self.commits.get(at)).map(|commit| commit.sha.clone()) {
                Some(of) => self.ignore(voice.commit, Reason::Duplicate(of)),
                None => self.tell_one(voice),
            }
        }
        self.told
    }

    fn tell_one(&mut self, voice: &Voice) {
        let text = voice.text.text();
        if let Some(version) = commit::release_as(text) {
            self.told.forced.push(Forced { commit: voice.commit, version: version.to_owned() });
        }
        match commit::read(&voice.text, self.convention.bullets) {
            Reading::Unread(reason) => {
                if !self.keep(voice, ("", None, voice.text.subject()), (None, text)) {
                    self.ignore(voice.commit, Reason::Unread(reason));
                }
            }
            Reading::Revert(revert) => {
                let description = revert.of.unwrap_or_else(|| voice.text.subject());
                if !self.keep(voice, ("revert", None, description), (None, text)) {
                    self.ignore(voice.commit, Reason::Hidden("revert".to_owned()));
                }
            }
            Reading::Changes(changes) => {
                let hidden = changes.first().map_or("", |change| change.header.kind);
                let mut kept = false;
                for commit::Change { header, breaking, body } in changes {
                    kept |= self.keep(voice, (header.kind, header.scope, header.description), (breaking, body));
                }
                if !kept {
                    let reason = if self.is_release(voice) { Reason::Release } else { Reason::Hidden(kind(hidden).into_owned()) };
                    self.ignore(voice.commit, reason);
                }
            }
        }
    }

    /// Whether it is what Slipway has written to release something. A squash may keep nothing but the title.
    fn is_release(&self, voice: &Voice) -> bool {
        let request = voice.request.and_then(|at| self.requests.get(at));
        request.and_then(|request| request.branch.as_ref()).is_some_and(release::is_own) || release::is_written(voice.text.text())
    }

    /// Keeps a change if it is shown or released; a commit of which none is, is ignored with its first type.
    fn keep(
        &mut self,
        voice: &Voice,
        (kind, scope, description): (&str, Option<&str>, &str),
        (breaking, body): (Option<Cow<str>>, &str),
    ) -> bool {
        let kind = self::kind(kind);
        if !self.convention.counts(&kind, breaking.as_deref()) {
            return false;
        }
        let (description, numbers) = commit::split_numbers(description);
        let mut references: Vec<String> = numbers.into_iter().map(str::to_owned).collect();
        let request = voice.request.and_then(|at| self.requests.get(at));
        let others = request.map(|request| request.label.as_str()).into_iter().chain(commit::references(body));
        for reference in others {
            if !references.iter().any(|known| known == reference) {
                references.push(reference.to_owned());
            }
        }
        self.told.changes.push(Change {
            commit: voice.commit,
            kind: kind.into_owned(),
            scope: scope.map(str::to_owned),
            description: description.to_owned(),
            breaking: breaking.map(|text| commit::split_numbers(&text).0.to_owned()),
            references,
            request: voice.request,
            brought: voice.brought.clone(),
        });
        true
    }
}

/// The commit that a voice is a cherry-pick of, where that one is told as well.
fn picked(voice: &Voice, voices: &[Voice], graph: &Graph) -> Option<usize> {
    let of = graph.find_short(commit::picked_from(voice.text.text())?)?;
    let told = |other: &Voice| other.commit == of && other.silenced.is_none();
    voices.iter().any(|other| other.commit != voice.commit && told(other)).then_some(of)
}

fn kind(written: &str) -> Cow<'_, str> {
    match written {
        feature if feature.eq_ignore_ascii_case("feature") => Cow::Borrowed("feat"),
        lower if lower.bytes().all(|b| b.is_ascii_lowercase()) => Cow::Borrowed(lower),
        other => Cow::Owned(other.to_lowercase()),
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unread(reason) => f.write_str(reason),
            Self::Hidden(kind) => write!(f, "is of the type `{kind}`, which is neither shown nor released"),
            Self::Merge => f.write_str("is a merge, whose commits are told themselves"),
            Self::Release => f.write_str("is a release itself"),
            Self::Told => f.write_str("is told by its change request's description"),
            Self::Duplicate(of) => write!(f, "is the same change as {}", of.short()),
            Self::TakenBack(by) => write!(f, "was taken back by {} before it was released", by.short()),
            Self::Elsewhere(tag) => write!(f, "was released with {tag}"),
            Self::TakesBack(of) => write!(f, "takes back {}, which was not released", of.short()),
        }
    }
}

#[cfg(test)]
mod tests;
