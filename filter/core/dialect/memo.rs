//! What the way to a provider changed, so that the way back can undo it.

use std::collections::BTreeMap;

use crate::hub::json::rename_members;

/// What a request's writer had to change of what the model will speak of in its answer. Free while that is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memo {
    /// Names of tools that had to be others: as sent, and the client's.
    renamed: BTreeMap<String, String>,
    /// Properties of tools that had to have others: both as sent, and the client's.
    properties: BTreeMap<String, String>,
    /// The tool whose arguments are the answer, where the form of an answer had to be asked for as a tool.
    form: Option<String>,
    /// What else of the request its answer depends on: names of the format's own, and values.
    notes: BTreeMap<&'static str, String>,
}

impl Memo {
    /// Nothing is to be undone.
    pub const NONE: Self =
        Self { renamed: BTreeMap::new(), properties: BTreeMap::new(), form: None, notes: BTreeMap::new() };

    /// Remembers a tool whose name had to be another.
    pub fn rename(&mut self, sent: &str, client: &str) {
        if sent != client {
            self.renamed.insert(sent.to_owned(), client.to_owned());
        }
    }

    /// Remembers a property of a tool, by the name that was sent of that, whose name had to be another.
    pub fn rename_property(&mut self, tool: &str, sent: &str, client: &str) {
        self.properties.insert(property(tool, sent), client.to_owned());
    }

    /// Remembers the tool that stands for the form of the answer.
    pub fn ask_form_by(&mut self, tool: &str) {
        self.form = Some(tool.to_owned());
    }

    /// The client's name of a tool that the model calls; `None` if that is the name it was sent by.
    pub fn client_name(&self, sent: &str) -> Option<&str> {
        self.renamed.get(sent).map(String::as_str)
    }

    /// Whether the arguments of this tool, by the name that was sent, have properties that had to have other names.
    pub fn has_properties(&self, tool: &str) -> bool {
        let first = property(tool, "");
        self.properties.range(first.clone()..).next().is_some_and(|(name, _)| name.starts_with(&first))
    }

    /// The arguments of a call of this tool with the client's names; `None` where they are the same.
    pub fn client_arguments(&self, tool: &str, arguments: &str) -> Option<String> {
        rename_members(arguments, &|sent| self.properties.get(&property(tool, sent)).map(String::as_str))
    }

    /// Whether the arguments of this tool are the answer itself.
    pub fn is_form(&self, tool: &str) -> bool {
        self.form.as_deref() == Some(tool)
    }

    /// Notes what else of the request its answer depends on.
    pub fn note(&mut self, name: &'static str, value: impl Into<String>) {
        self.notes.insert(name, value.into());
    }

    /// What was noted by this name.
    pub fn noted(&self, name: &str) -> Option<&str> {
        self.notes.get(name).map(String::as_str)
    }

    /// Notes what every answer is to begin with.
    pub fn begin_with(&mut self, text: &str) {
        self.note(ECHO, text);
    }

    /// What every answer is to begin with.
    pub fn echo(&self) -> Option<&str> {
        self.noted(ECHO)
    }

    /// Whether nothing is to be undone.
    pub fn is_empty(&self) -> bool {
        self.renamed.is_empty() && self.properties.is_empty() && self.form.is_none() && self.notes.is_empty()
    }
}

/// The note of what an answer begins with.
const ECHO: &str = "echo";

/// A property of a tool, by both names. None of a provider's tools has a line end in its name.
fn property(tool: &str, name: &str) -> String {
    format!("{tool}\n{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_renamed_has_its_name_back() {
        let mut memo = Memo::default();
        memo.rename("same", "same");
        assert!(memo.is_empty());
        memo.rename("get_weather", "get.weather");
        memo.ask_form_by("answer");
        assert_eq!(memo.client_name("get_weather"), Some("get.weather"));
        assert_eq!(memo.client_name("same"), None);
        memo.rename_property("get_weather", "the_city", "the city");
        assert!(memo.has_properties("get_weather") && !memo.has_properties("same"));
        let told = memo.client_arguments("get_weather", r#"{"the_city":"the_city"}"#);
        assert_eq!(told.as_deref(), Some(r#"{"the city":"the_city"}"#));
        assert_eq!(memo.client_arguments("same", r#"{"the_city":1}"#), None);
        assert!(memo.is_form("answer") && !memo.is_form("same") && !memo.is_empty());
    }
}
