//! The labels of a repository, which are there whether something bears them or not.

use super::world::{Kind, Repository, World};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub id: u64,
    /// As the forge writes it: `ededed` on GitHub, `#6699cc` on GitLab.
    pub color: String,
    pub description: Option<String>,
}

impl Kind {
    /// The color of a label for which nobody chose one.
    const fn plain_color(self) -> &'static str {
        match self {
            Self::GitHub => "ededed",
            Self::GitLab => "#6699cc",
        }
    }
}

impl Repository {
    /// A label and the name that it has here: GitHub takes names that differ in case for the same.
    pub fn label(&self, name: &str) -> Option<(&String, &Label)> {
        let is_same = |own: &str| own == name || (self.kind == Kind::GitHub && own.eq_ignore_ascii_case(name));
        self.labels.iter().find(|(own, _)| is_same(own))
    }

    /// The names that labels have here; those that are new keep the name that they were given.
    pub fn known_labels(&self, names: &[String]) -> Vec<String> {
        names.iter().map(|name| self.label(name).map_or(name, |(own, _)| own).clone()).collect()
    }
}

impl World {
    /// Makes a label that is not there yet. Neither forge tells the bot of it.
    pub fn add_label(&mut self, repository: u64, name: &str, (color, description): (Option<&str>, Option<&str>)) -> anyhow::Result<()> {
        let id = self.next_id();
        let it = self.repository_mut(repository)?;
        if it.label(name).is_none() {
            let color = color.unwrap_or(it.kind.plain_color()).to_owned();
            it.labels.insert(name.to_owned(), Label { id, color, description: description.map(str::to_owned) });
        }
        Ok(())
    }
}
