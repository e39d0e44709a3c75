//! What the way to a provider changed, so that the way back can undo it.

use std::collections::BTreeMap;

/// What a request's writer had to change of what the model will speak of in its answer. Free while that is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memo {
    /// Names of tools that had to be others: as sent, and the client's.
    renamed: BTreeMap<String, String>,
    /// The tool whose arguments are the answer, where the form of an answer had to be asked for as a tool.
    form: Option<String>,
}

impl Memo {
    /// Nothing is to be undone.
    pub const NONE: Self = Self { renamed: BTreeMap::new(), form: None };

    /// Remembers a tool whose name had to be another.
    pub fn rename(&mut self, sent: &str, client: &str) {
        if sent != client {
            self.renamed.insert(sent.to_owned(), client.to_owned());
        }
    }

    /// Remembers the tool that stands for the form of the answer.
    pub fn ask_form_by(&mut self, tool: &str) {
        self.form = Some(tool.to_owned());
    }

    /// The client's name of a tool that the model calls; `None` if that is the name it was sent by.
    pub fn client_name(&self, sent: &str) -> Option<&str> {
        self.renamed.get(sent).map(String::as_str)
    }

    /// Whether the arguments of this tool are the answer itself.
    pub fn is_form(&self, tool: &str) -> bool {
        self.form.as_deref() == Some(tool)
    }

    /// Whether nothing is to be undone.
    pub fn is_empty(&self) -> bool {
        self.renamed.is_empty() && self.form.is_none()
    }
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
        assert!(memo.is_form("answer") && !memo.is_form("same") && !memo.is_empty());
    }
}
