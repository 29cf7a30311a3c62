//! The text that stands now, what was generated last time, and what is generated now, as one text. The text that stands now gives
//! the order; generated lines that nobody touched are replaced or dropped in it, and new ones find their place in it.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::Hash;

use super::draft::{Draft, Row};
use super::mark::{Identity, Known, Mark, digest, identities};
use super::{Line, joined, normal, words};

/// What to write now, and the mark to keep with it.
///
/// Where nobody has edited, that is `fresh`. A line that somebody has changed stays as it is; one that somebody has deleted stays
/// away; one that somebody has added stays after the line it was put after. A new line goes after the line that it follows in
/// `fresh`, and after what people added there, but stays in its section. A line that is no longer generated goes, unless it was
/// edited; a heading goes with the last line below it, and comes back with a new one. Lines that somebody has moved stay there.
/// Without a mark everything is taken for edited, and what is about the key of a fresh line stands for it.
pub fn merge(current: &str, mark: &Mark, fresh: &[Line]) -> (String, Mark) {
    if mark.is_of(current) {
        return (joined(fresh), Mark::of(fresh, []));
    }
    let current = normal(current);
    let rows = Row::all(current.lines());
    let fresh_rows = Row::all(fresh.iter().map(|line| line.text.as_str()));
    let subjects = subjects(mark, fresh);
    let about = recognise(&rows, &subjects);

    let mut draft = Draft::new(&fresh_rows);
    let mut settled = vec![false; subjects.len()];
    for (at, (row, about)) in rows.iter().zip(&about).enumerate() {
        let subject = about.and_then(|about| Some((subjects.get(about)?, settled.get_mut(about)?)));
        let Some((subject, settled)) = subject else {
            draft.keep(at, *row, None);
            continue;
        };
        let now = Some(digest(row.text));
        let is_as_generated = subject.last == now || subject.now == now;
        *settled = is_as_generated || subject.fresh.is_some();
        match subject.fresh {
            Some(fresh) if is_as_generated => draft.renew(at, row.gap, fresh),
            None if is_as_generated => draft.retire(at, *row),
            fresh => draft.keep(at, *row, fresh),
        }
    }
    let unsettled = || subjects.iter().zip(&settled).filter(|(_, settled)| !**settled).map(|(subject, _)| subject);
    for fresh in unsettled().filter(|subject| !subject.before).filter_map(|subject| subject.fresh) {
        draft.insert(fresh);
    }
    let touched = unsettled().filter(|subject| subject.fresh.is_none()).filter_map(|subject| subject.key.clone());
    let touched = touched.map(|key| Known { key: Some(key), digest: None });
    (draft.text(), Mark::of(fresh, touched))
}

/// What a generated line is about, last time and now.
struct Subject {
    key: Option<String>,
    /// Whether the mark knows it, as generated or as deleted.
    before: bool,
    /// The digest of its line last time.
    last: Option<u32>,
    /// Its row in `fresh`, and the digest of that.
    fresh: Option<usize>,
    now: Option<u32>,
}

/// Those of the mark in its order, then the new ones.
fn subjects(mark: &Mark, fresh: &[Line]) -> Vec<Subject> {
    let rows: Vec<_> = fresh.iter().filter(|line| !line.text.trim().is_empty()).collect();
    let digests: Vec<_> = rows.iter().map(|line| digest(&line.text)).collect();
    let names = identities(rows.iter().zip(&digests).map(|(line, digest)| (line.key.as_deref(), Some(*digest))));
    let mut unknown: BTreeMap<Identity, usize> = names.into_iter().enumerate().map(|(at, name)| (name, at)).collect();
    let known = identities(mark.lines.iter().map(|known| (known.key.as_deref(), known.digest)));
    let of_fresh = |at: Option<usize>| at.and_then(|at| digests.get(at).copied());
    let mut subjects = Vec::new();
    for (Known { key, digest }, name) in mark.lines.iter().zip(&known) {
        let fresh = unknown.remove(name);
        subjects.push(Subject { key: key.clone(), before: true, last: *digest, fresh, now: of_fresh(fresh) });
    }
    let new: BTreeSet<_> = unknown.into_values().collect();
    for at in new {
        let key = rows.get(at).and_then(|line| line.key.clone());
        subjects.push(Subject { key, before: false, last: None, fresh: Some(at), now: of_fresh(Some(at)) });
    }
    subjects
}

/// What each row is about, if it is not a person's own: the one that reads so, else one whose key it names. An edited line that no
/// longer names its key counts as a person's own in place of a deleted one, which comes to the same.
fn recognise(rows: &[Row], subjects: &[Subject]) -> Vec<Option<usize>> {
    let mut about = vec![None; rows.len()];
    let mut taken = vec![false; subjects.len()];
    for mut index in [Index::of(subjects, |subject| subject.last), Index::of(subjects, |subject| subject.now)] {
        for (row, about) in rows.iter().zip(&mut about).filter(|(_, about)| about.is_none()) {
            *about = index.take(&digest(row.text), &mut taken);
        }
    }
    let mut index = Index::of(subjects, |subject| subject.key.clone());
    for (row, about) in rows.iter().zip(&mut about).filter(|(_, about)| about.is_none()) {
        *about = words(row.text).find_map(|word| index.take(word, &mut taken));
    }
    about
}

/// The subjects that have something in common, in their order.
struct Index<T>(HashMap<T, VecDeque<usize>>);

impl<T: Hash + Eq> Index<T> {
    fn of(subjects: &[Subject], common: impl Fn(&Subject) -> Option<T>) -> Self {
        let mut index: HashMap<T, VecDeque<usize>> = HashMap::new();
        for (at, subject) in subjects.iter().enumerate() {
            if let Some(common) = common(subject) {
                index.entry(common).or_default().push_back(at);
            }
        }
        Self(index)
    }

    /// The first that no row is about yet.
    fn take<Q: Hash + Eq + ?Sized>(&mut self, common: &Q, taken: &mut [bool]) -> Option<usize>
    where
        T: Borrow<Q>,
    {
        let left = self.0.get_mut(common)?;
        while let Some(at) = left.pop_front() {
            if let Some(taken) = taken.get_mut(at).filter(|taken| !**taken) {
                *taken = true;
                return Some(at);
            }
        }
        None
    }
}
