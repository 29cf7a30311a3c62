//! The boxes of task lists, which people tick in the texts of issues, change requests and comments.

use pulldown_cmark::{Event, Options, Parser};

use super::{
    acts::Edit,
    story::RepoHandle,
    topic::TopicKey,
    world::{Repository, World},
};

/// A text that people may edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    Topic(TopicKey),
    Comment(u64),
}

/// A box of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which<'a> {
    /// In the order of the text, from 0.
    Nth(usize),
    /// The first whose line says this.
    Saying(&'a str),
}

/// The text with the other state of a box, as the forges write it; None where it has no such box.
pub fn toggled(text: &str, which: Which) -> Option<String> {
    let boxes = Parser::new_ext(text, Options::ENABLE_TASKLISTS | Options::ENABLE_TABLES).into_offset_iter();
    let mut boxes = boxes.filter_map(|(event, place)| match event {
        Event::TaskListMarker(done) => Some((done, place)),
        _ => None,
    });
    let (done, place) = match which {
        Which::Nth(number) => boxes.nth(number),
        Which::Saying(words) => boxes.find(|(_, place)| {
            let line = text.get(place.end..).and_then(|rest| rest.lines().next());
            line.is_some_and(|line| line.contains(words))
        }),
    }?;
    let (before, after) = (text.get(..place.start)?, text.get(place.end..)?);
    Some(format!("{before}{}{after}", if done { "[ ]" } else { "[x]" }))
}

impl Repository {
    fn text(&self, of: Text) -> Option<&str> {
        match of {
            Text::Topic(key) => self.topic(key)?.body.as_deref(),
            Text::Comment(id) => self.comment(id).map(|(_, comment)| comment.body.as_str()),
        }
    }
}

impl World {
    /// Ticks a box, or takes the tick away.
    pub fn tick_box(&mut self, repository: u64, by: &str, of: Text, which: Which) -> anyhow::Result<()> {
        let text = self.repository(repository)?.text(of).and_then(|text| toggled(text, which));
        let text = text.ok_or_else(|| anyhow::anyhow!("{of:?} has no box {which:?}"))?;
        self.edit_text(repository, by, of, &text)
    }

    pub fn edit_text(&mut self, repository: u64, by: &str, of: Text, text: &str) -> anyhow::Result<()> {
        self.meet(by);
        match of {
            Text::Topic(key) => self.edit(repository, key, by, Edit { body: Some(text.to_owned()), ..Edit::default() }),
            Text::Comment(id) => self.edit_comment(repository, id, by, text),
        }
    }
}

impl RepoHandle {
    /// Ticks the box of a text whose line says this, or takes the tick away.
    pub fn tick(&self, of: Text, by: &str, item: &str) -> anyhow::Result<()> {
        self.act(|world| world.tick_box(self.id(), by, of, Which::Saying(item)))
    }

    /// Gives an issue, a change request or a comment another text.
    pub fn edit_text(&self, of: Text, by: &str, text: &str) -> anyhow::Result<()> {
        self.act(|world| world.edit_text(self.id(), by, of, text))
    }

    /// What an issue, a change request or a comment says.
    pub fn text(&self, of: Text) -> String {
        self.look(|repository| repository.text(of).unwrap_or_default().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{Which::*, toggled};

    const LIST: &str = "# To do\n\n- [ ] write **notes**\n  - [x] read them\n\n```\n- [ ] no box\n```\n1. [X] ship\n";

    #[test]
    fn a_box_is_found_by_its_words_or_its_place_and_changes_alone() {
        assert_eq!(toggled(LIST, Saying("notes")), Some(LIST.replace("[ ] write", "[x] write")));
        assert_eq!(toggled(LIST, Nth(1)), Some(LIST.replace("[x] read", "[ ] read")));
        assert_eq!(toggled(LIST, Nth(2)), Some(LIST.replace("[X] ship", "[ ] ship")));
        assert_eq!((toggled(LIST, Saying("no box")), toggled(LIST, Nth(3))), (None, None));
    }
}
