//! A text in the making: lines that stand already, and fresh ones that find their place among them. It knows sections and what a
//! person has put where, but nothing of what was generated before.

/// A line that is not empty, and how many empty ones are above it.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    pub text: &'a str,
    pub gap: usize,
}

impl<'a> Row<'a> {
    pub fn all(lines: impl Iterator<Item = &'a str>) -> Vec<Self> {
        let (mut gap, mut rows) = (0, Vec::new());
        for text in lines {
            if text.trim().is_empty() {
                gap += 1;
            } else {
                rows.push(Self { text, gap: std::mem::take(&mut gap) });
            }
        }
        rows
    }

    /// How high a section it starts: folded text is one as well, and not part of the section before it.
    fn level(&self) -> Option<usize> {
        let hashes = self.text.len() - self.text.trim_start_matches('#').len();
        let is_heading = (1..=6).contains(&hashes) && self.text.trim_start_matches('#').starts_with([' ', '\t']);
        if self.text.starts_with("<details") { Some(1) } else { is_heading.then_some(hashes) }
    }

    fn is_item(&self) -> bool {
        ["- ", "* ", "+ "].iter().any(|bullet| self.text.trim_start().starts_with(bullet))
    }
}

struct Placed<'a> {
    row: Row<'a>,
    /// Which row of the current text it is, and which of the fresh one.
    current: Option<usize>,
    fresh: Option<usize>,
    as_generated: bool,
}

impl Placed<'_> {
    fn is_added(&self) -> bool {
        self.fresh.is_none() && !self.as_generated
    }
}

pub struct Draft<'a> {
    fresh: &'a [Row<'a>],
    /// For each fresh row the one that starts its section.
    sections: Vec<Option<usize>>,
    present: Vec<bool>,
    lines: Vec<Placed<'a>>,
}

impl<'a> Draft<'a> {
    pub fn new(fresh: &'a [Row<'a>]) -> Self {
        let mut section = None;
        let starts = fresh.iter().enumerate().map(|(at, row)| {
            section = row.level().map(|_| at).or(section);
            section
        });
        Self { fresh, sections: starts.collect(), present: vec![false; fresh.len()], lines: Vec::new() }
    }

    /// A row that stands where it stood, in a person's words.
    pub fn keep(&mut self, current: usize, row: Row<'a>, fresh: Option<usize>) {
        self.put(self.lines.len(), Placed { row, current: Some(current), fresh, as_generated: false });
    }

    /// A row that stands where it stood, as it reads now.
    pub fn renew(&mut self, current: usize, gap: usize, fresh: usize) {
        if let Some(row) = self.fresh.get(fresh) {
            let row = Row { text: row.text, gap };
            self.put(self.lines.len(), Placed { row, current: Some(current), fresh: Some(fresh), as_generated: true });
        }
    }

    /// A row that is no longer generated: a heading stays as long as a person's lines are below it.
    pub fn retire(&mut self, current: usize, row: Row<'a>) {
        if row.text.starts_with('#') {
            self.put(self.lines.len(), Placed { row, current: Some(current), fresh: None, as_generated: true });
        }
    }

    /// A row that is new.
    pub fn insert(&mut self, fresh: usize) {
        if let Some(row) = self.fresh.get(fresh).filter(|_| !self.is_present(fresh)) {
            let at = self.place(fresh);
            self.put(at, Placed { row: *row, current: None, fresh: Some(fresh), as_generated: true });
        }
    }

    fn put(&mut self, at: usize, line: Placed<'a>) {
        if let Some(present) = line.fresh.and_then(|fresh| self.present.get_mut(fresh)) {
            *present = true;
        }
        self.lines.insert(at, line);
    }

    fn is_present(&self, fresh: usize) -> bool {
        self.present.get(fresh).copied().unwrap_or_default()
    }

    fn section(&self, fresh: usize) -> Option<usize> {
        self.sections.get(fresh).copied().flatten()
    }

    fn position(&self, fresh: usize) -> usize {
        self.lines.iter().position(|line| line.fresh == Some(fresh)).unwrap_or(self.lines.len())
    }

    /// Where a new row goes: below the one above it in its section, or above the one below it, or in its section at the end of
    /// the section before it.
    fn place(&mut self, fresh: usize) -> usize {
        let section = self.section(fresh);
        let starts_section = section == Some(fresh);
        let near = |other: &usize| self.section(*other) == section;
        let above = (0..fresh).rev().take_while(near).find(|other| self.is_present(*other));
        if let Some(above) = above {
            return self.below_additions(self.position(above) + 1);
        }
        let below = (fresh + 1..self.fresh.len()).take_while(near).find(|other| self.is_present(*other));
        if let Some(below) = below {
            return self.position(below);
        }
        if let Some(heading) = section.filter(|_| !starts_section) {
            self.insert(heading);
            return self.position(heading) + 1;
        }
        match (0..fresh).rev().find(|other| self.is_present(*other)) {
            Some(above) => self.end_of_section(self.position(above) + 1, |other| self.section(other) == self.section(above)),
            None => self.end_of_section(0, |_| false),
        }
    }

    /// From there past what a person has added to the line above, but not into a section of theirs.
    fn below_additions(&self, from: usize) -> usize {
        let mut fenced = false;
        let added = self.lines.iter().skip(from).take_while(|line| {
            let is_below = line.is_added() && (fenced || line.row.level().is_none());
            fenced ^= ["```", "~~~"].iter().any(|fence| line.row.text.trim_start().starts_with(fence));
            is_below
        });
        from + added.count()
    }

    /// From there to the next section that is generated, whatever its heading may be by now.
    fn end_of_section(&self, from: usize, is_in_it: impl Fn(usize) -> bool) -> usize {
        let mut heading = None;
        for (at, line) in self.lines.iter().enumerate().skip(from) {
            let starts_section = line.row.level().is_some();
            match line.fresh {
                None => heading = heading.or(starts_section.then_some(at)),
                Some(fresh) if is_in_it(fresh) => heading = None,
                Some(_) => return if starts_section { at } else { heading.unwrap_or(at) },
            }
        }
        self.lines.len()
    }

    /// Without generated headings that have nothing below them any more.
    fn filled(&self) -> Vec<&Placed<'a>> {
        let is_empty = |row: &Row, below: Option<usize>| row.level().zip(below).is_some_and(|(own, below)| below <= own);
        let was_empty = |at: usize| {
            let below = self.fresh.get(at + 1).map_or(Some(0), Row::level);
            self.fresh.get(at).is_some_and(|row| is_empty(row, below))
        };
        let mut below = Some(0);
        let mut filled = Vec::new();
        for line in self.lines.iter().rev() {
            if !line.as_generated || !is_empty(&line.row, below) || line.fresh.is_some_and(was_empty) {
                below = line.row.level();
                filled.push(line);
            }
        }
        filled.reverse();
        filled
    }

    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut above: Option<&Placed> = None;
        for line in self.filled() {
            let gap = above.map_or(0, |above| 1 + self.gap(above, line));
            text.extend(std::iter::repeat_n('\n', gap));
            text.push_str(line.row.text);
            above = Some(line);
        }
        text
    }

    /// Empty lines between two, as they were wherever the two have been together, and else enough of them to be apart.
    fn gap(&self, above: &Placed, line: &Placed) -> usize {
        let follows = |above: Option<usize>, line: Option<usize>| above.is_some_and(|above| line == Some(above + 1));
        if follows(above.current, line.current) {
            return line.row.gap;
        }
        let generated = line.fresh.filter(|_| follows(above.fresh, line.fresh)).and_then(|fresh| self.fresh.get(fresh));
        let differ = above.row.is_item() != line.row.is_item() || above.row.level().is_some() || line.row.level().is_some();
        generated.map_or(line.row.gap.max(usize::from(differ)), |row| row.gap)
    }
}
