//! What a repository's template may do: show values, ask conditions, go through lists. Judges the parsed template and allows what
//! is listed, so that whatever else the parser learns stays refused. Partials in particular can include themselves, which ends the
//! process rather than the rendering.

use handlebars::Template;
use handlebars::template::{HelperTemplate, Parameter, TemplateElement};

use super::{TAGS, TemplateProblem, scan};

const BLOCKS: [&str; 4] = ["if", "unless", "each", "with"];
const FUNCTIONS: [&str; 12] = ["code", "link", "len", "eq", "ne", "gt", "gte", "lt", "lte", "and", "or", "not"];
const MOST_NODES: usize = 500;
/// Sections, their entries, and what an entry lists. Deeper ones multiply the lists of the view with each other.
const DEEPEST_LIST: usize = 3;
/// Comparing may mean reading the whole view, and nothing can interrupt one tag.
const MOST_IN_A_TAG: usize = 16;

/// # Errors
/// At the first element that is not allowed.
pub fn check(template: &Template) -> Result<(), TemplateProblem> {
    Gate { nodes: 0 }.template(template, Inside { blocks: 0, lists: 0, place: (1, 1) })
}

#[derive(Clone, Copy)]
struct Inside {
    blocks: usize,
    lists: usize,
    place: (usize, usize),
}

struct Gate {
    nodes: usize,
}

impl Gate {
    fn template(&mut self, template: &Template, inside: Inside) -> Result<(), TemplateProblem> {
        for (at, element) in template.elements.iter().enumerate() {
            // The parser keeps no place for `{{else if}}`, which it makes a block within the block.
            let place = template.mapping.get(at).map_or(inside.place, |place| (place.0, place.1));
            let problem = |(message, remedy): (String, &str)| TemplateProblem::new(place, message, remedy);
            self.nodes += 1;
            match element {
                TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
                TemplateElement::Expression(tag) => self.nodes += tag_nodes(tag, &FUNCTIONS).map_err(problem)?,
                TemplateElement::HelperBlock(block) => {
                    self.nodes += tag_nodes(block, &BLOCKS).map_err(problem)?;
                    let lists = inside.lists + usize::from(block.name.as_name() == Some("each"));
                    let blocks = inside.blocks + 1;
                    if blocks > scan::DEEPEST || lists > DEEPEST_LIST {
                        let most = format!("no more than {DEEPEST_LIST} lists and {} blocks may be nested in each other", scan::DEEPEST);
                        return Err(problem((most, "Nest fewer.")));
                    }
                    for part in block.template.iter().chain(&block.inverse) {
                        self.template(part, Inside { blocks, lists, place })?;
                    }
                }
                _ => return Err(problem(("this kind of tag is not allowed".to_owned(), TAGS))),
            }
            if self.nodes > MOST_NODES {
                return Err(problem((format!("the template has more than {MOST_NODES} parts"), "Shorten it.")));
            }
        }
        Ok(())
    }
}

/// How many parameters a tag has, with those of the functions in it.
fn tag_nodes(tag: &HelperTemplate, known: &[&str]) -> Result<usize, (String, &'static str)> {
    let parameters = || tag.params.iter().chain(tag.hash.values());
    let name = tag.name.as_name().ok_or_else(|| ("a tag starts with a name".to_owned(), TAGS))?;
    let is_value = !tag.block && parameters().next().is_none();
    if !is_value && !known.contains(&name) {
        let all = format!("`{name}` is not known here; there are `{}`", known.join("`, `"));
        return Err((all, TAGS));
    }
    let mut nodes = 0;
    for parameter in parameters() {
        nodes += 1;
        if let Parameter::Subexpression(call) = parameter
            && let TemplateElement::Expression(inner) = call.as_element()
        {
            nodes += tag_nodes(inner, &FUNCTIONS)?;
        }
    }
    if nodes > MOST_IN_A_TAG { Err((format!("the tag has more than {MOST_IN_A_TAG} parameters"), "Split it.")) } else { Ok(nodes) }
}
