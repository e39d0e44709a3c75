//! What a request says, whatever its wire format: the part of it that an answer depends on.
//!
//! A provider's file reads its JSON into a [`Prompt`] turn by turn; [`super::script`] makes the answer of it.

use serde_json::Value;

/// A request, as far as the answer depends on it.
#[derive(Debug)]
pub(super) struct Prompt {
    /// Who answers: `GPT`, `Claude` or `Gemini`.
    pub(super) speaker: &'static str,
    /// What the user said since the assistant last spoke.
    pub(super) text: String,
    /// Images of the user since then.
    pub(super) images: usize,
    /// Other attachments since then.
    pub(super) files: usize,
    /// What tools answered since then.
    pub(super) results: Vec<String>,
    /// The characters of the whole request: every turn, instruction and tool.
    pub(super) characters: usize,
    /// The tools that may be called.
    pub(super) tools: Vec<Tool>,
    /// Whether they are to be called.
    pub(super) tool_choice: ToolChoice,
    /// Several calls at once are welcome.
    pub(super) parallel: bool,
    /// What the answer must look like.
    pub(super) format: Format,
    /// The model thinks before it answers.
    pub(super) thinks: bool,
    /// The most tokens that thoughts and answer may have.
    pub(super) limit: Option<usize>,
    /// Texts that end the answer.
    pub(super) stops: Vec<String>,
    /// The assistant spoke last: what comes next begins a new turn.
    answered: bool,
}

/// A tool that may be called.
#[derive(Debug, Clone)]
pub(super) struct Tool {
    /// Its name.
    pub(super) name: String,
    /// The JSON schema of its arguments.
    pub(super) schema: Value,
}

/// Whether tools are to be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ToolChoice {
    /// As the model likes.
    Auto,
    /// Not at all.
    Never,
    /// At least one.
    Always,
    /// At least one of these.
    Among(Vec<String>),
}

/// What the answer must look like.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Format {
    /// Prose.
    Text,
    /// Any JSON object.
    Json,
    /// JSON that matches this schema.
    Schema(Value),
}

impl Prompt {
    pub(super) fn new(speaker: &'static str) -> Self {
        Self {
            speaker,
            text: String::new(),
            images: 0,
            files: 0,
            results: Vec::new(),
            characters: 0,
            tools: Vec::new(),
            tool_choice: ToolChoice::Auto,
            parallel: true,
            format: Format::Text,
            thinks: false,
            limit: None,
            stops: Vec::new(),
            answered: false,
        }
    }

    /// An instruction, or a turn of the assistant's: it only counts.
    pub(super) fn count(&mut self, text: &str) {
        self.characters = self.characters.saturating_add(text.chars().count());
    }

    /// The assistant spoke.
    pub(super) fn assistant(&mut self) {
        self.answered = true;
    }

    /// The user said something.
    pub(super) fn user(&mut self, text: &str) {
        self.turn();
        self.count(text);
        if !self.text.is_empty() && !text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(text);
    }

    /// The user showed an image.
    pub(super) fn image(&mut self) {
        self.turn();
        self.images = self.images.saturating_add(1);
        self.characters = self.characters.saturating_add(CHARACTERS_OF_AN_IMAGE);
    }

    /// The user attached something else.
    pub(super) fn file(&mut self) {
        self.turn();
        self.files = self.files.saturating_add(1);
        self.characters = self.characters.saturating_add(CHARACTERS_OF_AN_IMAGE);
    }

    /// A tool answered.
    pub(super) fn result(&mut self, text: String) {
        self.turn();
        self.count(&text);
        self.results.push(text);
    }

    /// A tool is there to be called.
    pub(super) fn tool(&mut self, name: &str, schema: Option<&Value>) {
        let schema = schema.cloned().unwrap_or_default();
        self.count(name);
        self.count(&schema.to_string());
        self.tools.push(Tool { name: name.to_owned(), schema });
    }

    /// What came before the assistant's last turn is history once something follows it.
    fn turn(&mut self) {
        if std::mem::take(&mut self.answered) {
            self.text.clear();
            self.images = 0;
            self.files = 0;
            self.results.clear();
        }
    }
}

/// An image is worth a thousand characters.
const CHARACTERS_OF_AN_IMAGE: usize = 1000;
